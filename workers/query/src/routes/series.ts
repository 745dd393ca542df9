import { formatSeries } from "@candlehouse/shared/core/series";
import { readSeries, type SeriesRow } from "@candlehouse/shared/d1/read-series";
import { z } from "@hono/zod-openapi";
import { answer, CACHE_BY_TAG, JSON_TYPE } from "../answer.ts";
import { NOT_MODIFIED, problemsOf, seriesListSchema } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { inventoryCursorOf, inventoryPageOf, inventoryParameters } from "../inventory-query.ts";
import { latenessOf } from "../lateness.ts";
import { readParameters } from "../parameters.ts";
import { readNowSeconds } from "../settings.ts";

const seriesQuery = z.strictObject({
  ...inventoryParameters,
  tier: z
    .enum(["1", "2", "3", "4"], "one of 1, 2, 3, 4")
    .transform(Number)
    .optional()
    .openapi({ description: "1 is collected first." }),
  enabled: z
    .enum(["true", "false"], "true or false")
    .transform((text) => text === "true")
    .optional()
    .openapi({ description: "Whether the series is collected." }),
});

/** GET /v1/series */
export function addSeriesRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/series",
    operationId: "getSeries",
    tags: ["collection"],
    summary: "What is collected, how far it got and how late it is",
    request: { query: seriesQuery },
    responses: {
      200: {
        description: "By source, symbol and timeframe.",
        content: { [JSON_TYPE]: { schema: seriesListSchema } },
      },
      ...NOT_MODIFIED,
      ...problemsOf({
        400: "A parameter cannot be meant.",
        503: "The database does not answer now.",
      }),
    },
  });
  app.get("/v1/series", (c) => answerSeries(c));
}

async function answerSeries(c: AppContext): Promise<Response> {
  const parameters = readParameters(seriesQuery, c.req.queries());
  const found = await readSeries(c.env.DB, parameters, inventoryPageOf(parameters));
  const nowSeconds = readNowSeconds(c.env);
  const body = {
    series: found.rows.map((row) => describeSeries(row, nowSeconds)),
    next_cursor: inventoryCursorOf(parameters, found.rows.length, found.rows.at(-1)),
    meta: { count: found.rows.length },
  };
  return answer(JSON.stringify(body), {
    contentType: JSON_TYPE,
    cacheControl: CACHE_BY_TAG,
    cost: found,
  });
}

function describeSeries(
  row: SeriesRow,
  nowSeconds: number,
): z.input<typeof seriesListSchema>["series"][number] {
  return {
    id: formatSeries(row),
    source: row.source,
    symbol: row.symbol,
    timeframe: row.timeframe,
    native_symbol: row.native_symbol,
    tier: row.tier,
    enabled: row.enabled === 1,
    first_timestamp: row.first_timestamp,
    last_timestamp: row.last_timestamp,
    ...latenessOf(row, nowSeconds),
    asked_until: row.asked_until,
    catch_up:
      row.catch_up_from === null || row.catch_up_until === null
        ? null
        : { from: row.catch_up_from, until: row.catch_up_until },
    failure_count: row.failure_count,
    last_error:
      row.last_error_at === null
        ? null
        : { code: row.last_error_code, message: row.last_error, at: row.last_error_at },
    retry_at: row.retry_at,
  };
}
