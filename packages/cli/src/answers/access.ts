import type * as Api from "@candlehouse/client";
import { z } from "zod";
import { schemaOf } from "./schema-of.ts";

const seconds = z.int();

const key = z.looseObject({
  id: z.string(),
  name: z.string(),
  scope: z.enum(["read", "write", "admin"]),
  rate: z.int().nullable(),
  state: z.enum(["live", "expired", "revoked"]),
  created_at: seconds,
  expires_at: seconds.nullable(),
  last_used_at: seconds.nullable(),
});

export type Key = z.output<typeof key>;

/** What `GET /v1/keys` answers. */
export const keysAnswer = schemaOf<Api.Keys>()(
  z.looseObject({ keys: z.array(key), next_cursor: z.string().nullable() }),
);

/** What `POST /v1/keys` answers: the key itself, this once. */
export const newKeyAnswer = schemaOf<Api.NewKey>()(key.extend({ key: z.string() }));

/** What `DELETE /v1/keys/{id}` answers. */
export const keyAnswer = schemaOf<Api.Key>()(key);

const order = z.looseObject({
  at: seconds,
  id: z.string(),
  caller: z.string(),
  name: z.string().nullable(),
  method: z.string(),
  path: z.string(),
  detail: z.record(z.string(), z.unknown()),
  status: z.int().nullable(),
  duration_ms: z.int().nullable(),
});

export type AuditedOrder = z.output<typeof order>;

/** What `GET /v1/audit` answers. */
export const auditAnswer = schemaOf<Api.AuditLog>()(
  z.looseObject({ orders: z.array(order), next_cursor: z.string().nullable() }),
);
