import { GAP_CLASSES, GAP_STATES } from "@candlehouse/shared/core/gap";
import { isSourceId } from "@candlehouse/shared/core/source";
import { isTimeframe } from "@candlehouse/shared/core/timeframe";
import { listGaps, listNewestGaps, type GapPosition } from "@candlehouse/shared/d1/list-gaps";
import { decodeCursor, encodeCursor, type Binding } from "@candlehouse/shared/http/cursor";
import { z } from "@hono/zod-openapi";
import { answer, CACHE_BY_TAG, CSV_TYPE, JSON_TYPE } from "../answer.ts";
import { NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { forwardOrder, ORDER_REFUSALS } from "../forward-order.ts";
import { describeGap, gapsCsv } from "../gap-csv.ts";
import {
  gapsSchema,
  repairAnswerSchema,
  repairOrderSchema,
  scanAnswerSchema,
  scanOrderSchema,
} from "../gap-schemas.ts";
import {
  choiceParameter,
  CSV_CURSOR,
  cursorParameter,
  limitParameter,
  readParameters,
  sourceParameter,
  symbolParameter,
  tierParameter,
  timeframeParameter,
  timeParameter,
} from "../parameters.ts";
import { readNowSeconds } from "../settings.ts";

/** Most gaps in one page, and how many it holds where the caller does not say. */
const PAGE_GAPS_MAX = 10_000;
const PAGE_GAPS_DEFAULT = 1_000;

const gapsQuery = z.strictObject({
  source: sourceParameter.optional(),
  symbol: symbolParameter.optional(),
  timeframe: timeframeParameter.optional(),
  tier: tierParameter.optional(),
  class: choiceParameter(GAP_CLASSES, "Why the candles are missing.").optional(),
  state: choiceParameter(GAP_STATES, "What is to be done about it, or was.").optional(),
  fillable: z
    .enum(["true", "false"], "true or false")
    .transform((text) => text === "true")
    .optional()
    .openapi({ description: "Whether asking the source again may fill it." }),
  start: timeParameter("Gaps that end after it.").optional(),
  end: timeParameter("Gaps that start before it.").optional(),
  order: choiceParameter(
    ["series", "newest"],
    "By source, symbol, timeframe and start; or those that start last first.",
  ).default("series"),
  limit: limitParameter("Most gaps in one page.", PAGE_GAPS_DEFAULT, PAGE_GAPS_MAX),
  cursor: cursorParameter.optional(),
  format: choiceParameter(["json", "csv"], CSV_CURSOR).default("json"),
});

const position = z.tuple([
  z.string().refine(isSourceId),
  z.string(),
  z.string().refine(isTimeframe),
  z.int(),
]);

/** GET /v1/gaps, POST /v1/gaps/scan and POST /v1/gaps/repair */
export function addGapRoutes(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/gaps",
    operationId: "getGaps",
    tags: ["history"],
    summary: "Which candles are missing, why, and whether they can be had",
    description: "As CSV the cursor of the next page is in the header X-Next-Cursor.",
    request: { query: gapsQuery },
    responses: {
      200: {
        description: "The records of the last scan.",
        content: {
          [JSON_TYPE]: { schema: gapsSchema },
          "text/csv": { schema: z.string() },
        },
      },
      ...NOT_MODIFIED,
      ...problemsOf({
        400: "A parameter cannot be meant.",
        503: "The database does not answer now.",
      }),
    },
  });
  app.get("/v1/gaps", (c) => answerGaps(c));
  for (const { name, operationId, summary, order, done } of WORK) {
    app.openAPIRegistry.registerPath({
      method: "post",
      path: `/v1/gaps/${name}`,
      operationId,
      tags: ["history"],
      summary,
      request: { body: { required: true, content: { [JSON_TYPE]: { schema: order } } } },
      responses: {
        200: { description: "What was done.", content: { [JSON_TYPE]: { schema: done } } },
        ...problemsOf({ ...ORDER_REFUSALS, 404: "Such a series is not known." }),
      },
    });
    app.post(`/v1/gaps/${name}`, (c) =>
      forwardOrder(c, c.env.MONITOR, '{"series":"binance:BTC-USDT:1m"}'),
    );
  }
}

const WORK = [
  {
    name: "scan",
    operationId: "scanGaps",
    summary: "Looks for missing candles, says why they are missing, and updates the records",
    order: scanOrderSchema,
    done: scanAnswerSchema,
  },
  {
    name: "repair",
    operationId: "repairGaps",
    summary: "Begins backfills for the gaps that may be filled",
    order: repairOrderSchema,
    done: repairAnswerSchema,
  },
] as const;

async function answerGaps(c: AppContext): Promise<Response> {
  const parameters = readParameters(gapsQuery, c.req.queries());
  const { limit, cursor, format, order, ...filter } = parameters;
  const binding = bindingOf(order, filter);
  const after = cursor === undefined ? undefined : positionOf(cursor, binding);
  // One more than the page holds, so that the last page is known to be the last.
  const list = order === "newest" ? listNewestGaps : listGaps;
  const found = await list(c.env.DB, filter, after, limit + 1);
  const rows = found.rows.slice(0, limit);
  const last = rows.at(-1);
  const next =
    last === undefined || found.rows.length <= limit
      ? null
      : encodeCursor(binding, [...Object.values(orderOf(last.series)), last.start]);
  const head = { cacheControl: CACHE_BY_TAG, cost: found };
  if (format === "csv") {
    const headers: Record<string, string> = next === null ? {} : { "x-next-cursor": next };
    const csv = gapsCsv(rows, readNowSeconds(c.env));
    return answer(csv, { ...head, contentType: CSV_TYPE, headers });
  }
  const body = { gaps: rows.map(describeGap), next_cursor: next };
  return answer(JSON.stringify(body), { ...head, contentType: JSON_TYPE });
}

function positionOf(cursor: string, binding: Binding): GapPosition {
  const [source, symbol, timeframe, start] = decodeCursor(cursor, binding, position);
  return { source, symbol, timeframe, start };
}

/** The members of a series in the order of the key. */
function orderOf({ source, symbol, timeframe }: Omit<GapPosition, "start">) {
  return { source, symbol, timeframe };
}

function bindingOf(
  order: "series" | "newest",
  filter: Readonly<Record<string, string | number | boolean | undefined>>,
): Binding {
  const given = Object.entries(filter).map(([name, value]) => [
    name,
    typeof value === "boolean" ? String(value) : (value ?? null),
  ]);
  return Object.fromEntries([
    ["gaps", order === "newest" ? "newest first" : "by series"],
    ...given,
  ]);
}
