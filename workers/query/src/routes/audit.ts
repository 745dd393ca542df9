import type { AuditRow } from "@candlehouse/shared/core/access-audit";
import { listAudit } from "@candlehouse/shared/d1/audit-log";
import { jsonResponse } from "@candlehouse/shared/http/answer-routes";
import { decodeCursor, encodeCursor, type Binding } from "@candlehouse/shared/http/cursor";
import { z } from "@hono/zod-openapi";
import { JSON_TYPE } from "../answer.ts";
import { problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { nextCursor, seconds } from "../candle-schemas.ts";
import { cursorParameter, limitParameter, readParameters, timeParameter } from "../parameters.ts";

/** Most orders in one page, and how many it holds where the caller does not say. */
const PAGE_ORDERS_MAX = 1_000;
const PAGE_ORDERS_DEFAULT = 100;

const CALLER_FORM = "key:ID, jwt:SUBJECT, bootstrap or local, given once";

const auditQuery = z.strictObject({
  caller: z
    .string(CALLER_FORM)
    .regex(/^(bootstrap|local|key:[a-z2-7]{12}|jwt:.{1,100})$/, CALLER_FORM)
    .optional()
    .openapi({ description: "Whose orders.", examples: ["bootstrap"] }),
  since: timeParameter("Orders of this time and later.").optional(),
  limit: limitParameter("Most orders in one page.", PAGE_ORDERS_DEFAULT, PAGE_ORDERS_MAX),
  cursor: cursorParameter.optional(),
});

const position = z.strictObject({ at: z.int(), id: z.string() });

const orderSchema = z
  .strictObject({
    at: seconds.openapi({ description: "When it began." }),
    id: z.string().openapi({ description: "Unique within its second, ascending with time." }),
    caller: z.string().openapi({ description: "key:ID, jwt:SUBJECT, bootstrap or local." }),
    name: z.string().nullable().openapi({
      description: "Of the key, or what the token says of its bearer.",
    }),
    method: z.string(),
    path: z.string(),
    detail: z.record(z.string(), z.unknown()).openapi({
      description:
        "Parameters (query) and JSON (body) of the order, or their begin where they are long; of a file, its size (body_bytes).",
    }),
    status: z.int().nullable().openapi({
      description: "What it was answered; null where it did not come to its end, or not yet.",
    }),
    duration_ms: z.int().nullable(),
  })
  .openapi("AuditedOrder");

const auditSchema = z
  .strictObject({ orders: z.array(orderSchema), next_cursor: nextCursor })
  .openapi("AuditLog");

/** GET /v1/audit */
export function addAuditRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/audit",
    operationId: "getAudit",
    tags: ["access"],
    summary: "What was ordered, by whom, and what came of it",
    description: "Every order that was let in, written down before it was carried out.",
    request: { query: auditQuery },
    responses: {
      200: {
        description: "A page of orders, the newest first.",
        content: { [JSON_TYPE]: { schema: auditSchema } },
      },
      ...problemsOf({
        400: "A parameter cannot be meant.",
        401: "The key is missing or wrong.",
        403: "The scope of the key is not enough, or no key is configured.",
        503: "The database does not answer now.",
      }),
    },
  });
  app.get("/v1/audit", (c) => answerAudit(c));
}

async function answerAudit(c: AppContext): Promise<Response> {
  const { limit, cursor, ...filter } = readParameters(auditQuery, c.req.queries());
  const binding: Binding = {
    audit: "newest first",
    caller: filter.caller ?? null,
    since: filter.since ?? null,
  };
  const after = cursor === undefined ? undefined : decodeCursor(cursor, binding, position);
  const found = await listAudit(c.env.DB, filter, after, limit + 1);
  const orders = found.slice(0, limit);
  const last = orders.at(-1);
  const next =
    last === undefined || found.length <= limit
      ? null
      : encodeCursor(binding, { at: last.at, id: last.id });
  return jsonResponse({ orders: orders.map(describe), next_cursor: next });
}

function describe({ detail, ...row }: AuditRow): object {
  return { ...row, detail: JSON.parse(detail) };
}
