import type * as Api from "@candlehouse/client";
import { z } from "zod";
import { schemaOf } from "./schema-of.ts";

const seconds = z.int();

const alert = z.looseObject({
  id: z.string(),
  kind: z.string(),
  severity: z.enum(["warning", "critical"]),
  message: z.string(),
  runbook: z.string().nullable(),
  state: z.enum(["firing", "resolved"]),
  raised_at: seconds,
  resolved_at: seconds.nullable(),
  raised_count: z.int(),
});

export type Alert = z.output<typeof alert>;

/** What `GET /v1/alerts` answers. */
export const alertsAnswer = schemaOf<Api.Alerts>()(z.looseObject({ alerts: z.array(alert) }));
