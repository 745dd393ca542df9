import { ALERT_SEVERITIES, ALERT_STATES, runbookOf } from "@candlehouse/shared/core/alert";
import { readAlerts, type AlertRow } from "@candlehouse/shared/d1/alerts";
import { z } from "@hono/zod-openapi";
import { answer, CACHE_BY_TAG, JSON_TYPE } from "../answer.ts";
import { listMeta, NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { seconds } from "../candle-schemas.ts";
import { choiceParameter, limitParameter, readParameters } from "../parameters.ts";

/** Most alerts in an answer, and how many there are where the caller does not say. */
const ALERTS_MAX = 1_000;
const ALERTS_DEFAULT = 100;

const alertsQuery = z.strictObject({
  state: choiceParameter(ALERT_STATES, "Whether it is wrong now, or was.").optional(),
  limit: limitParameter("Most alerts in the answer.", ALERTS_DEFAULT, ALERTS_MAX),
});

const alertSchema = z
  .strictObject({
    id: z.string().openapi({ description: "The kind, and what it is about." }),
    kind: z.string(),
    severity: z.enum(ALERT_SEVERITIES).openapi({
      description: "critical: candles are lost, or soon may be.",
    }),
    subject: z.string().nullable().openapi({
      description: "A source, a tier or a queue; null where it is about the whole.",
    }),
    message: z.string().openapi({ description: "As it was at seen_at." }),
    runbook: z.string().nullable().openapi({
      description: "The chapter of this system's documents that says what to do.",
    }),
    state: z.enum(ALERT_STATES),
    raised_at: seconds.openapi({ description: "Since when it fires, or fired last." }),
    seen_at: seconds.openapi({
      description: "When it was found last; while it fires, this is written once an hour.",
    }),
    resolved_at: seconds.nullable().openapi({
      description: "When it was over; null while it fires.",
    }),
    raised_count: z.int().openapi({ description: "How often it was raised." }),
  })
  .openapi("Alert", {
    example: {
      id: "source_failing:kraken",
      kind: "source_failing",
      severity: "warning",
      subject: "kraken",
      message:
        "kraken fails since 2026-11-23 04:00 UTC, and 36 series of it with it: source_unavailable: kraken answered 520: no JSON, but text/html",
      runbook: "docs/alerts.md#source_failing",
      state: "firing",
      raised_at: 1_795_406_700,
      seen_at: 1_795_406_700,
      resolved_at: null,
      raised_count: 1,
    },
  });

export const alertsSchema = z
  .strictObject({
    alerts: z.array(alertSchema),
    meta: listMeta,
  })
  .openapi("Alerts");

/** GET /v1/alerts */
export function addAlertsRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/alerts",
    operationId: "getAlerts",
    tags: ["system"],
    summary: "What is wrong now, and what was",
    description: "The system looks each five minutes. One row for each thing that can be wrong.",
    request: { query: alertsQuery },
    responses: {
      200: {
        description: "Those that fire first, of these the critical ones, then the newest.",
        content: { [JSON_TYPE]: { schema: alertsSchema } },
      },
      ...NOT_MODIFIED,
      ...problemsOf({
        400: "A parameter cannot be meant.",
        503: "The database does not answer now.",
      }),
    },
  });
  app.get("/v1/alerts", (c) => answerAlerts(c));
}

async function answerAlerts(c: AppContext): Promise<Response> {
  const { state, limit } = readParameters(alertsQuery, c.req.queries());
  const alerts = (await readAlerts(c.env.DB, state, limit)).map(alertOf);
  return answer(JSON.stringify({ alerts, meta: { count: alerts.length } }), {
    contentType: JSON_TYPE,
    cacheControl: CACHE_BY_TAG,
  });
}

function alertOf({ resolved_at: resolvedAt, ...row }: AlertRow) {
  return {
    id: row.id,
    kind: row.kind,
    severity: row.severity,
    subject: row.subject,
    message: row.message,
    runbook: runbookOf(row.kind),
    state: row.state,
    raised_at: row.raised_at,
    seen_at: row.seen_at,
    // While it fires, the record has there since when it may be over.
    resolved_at: row.state === "firing" ? null : resolvedAt,
    raised_count: row.raised_count,
  };
}
