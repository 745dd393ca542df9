import { isFinal, nextPositions, planCandleQuery } from "@candlehouse/shared/core/query-plan";
import { readCandles } from "@candlehouse/shared/d1/read-candles";
import { z } from "@hono/zod-openapi";
import { accepts } from "hono/accepts";
import { answer, CACHE_BRIEFLY, CACHE_FOR_EVER, CSV_TYPE, JSON_TYPE } from "../answer.ts";
import { oneSeriesSchema, problemsOf, severalSeriesSchema } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { csvPage } from "../candle-csv.ts";
import { jsonPage } from "../candle-json.ts";
import { candleQueryOf, candlesQuery, cursorOf, type FORMATS } from "../candle-query.ts";
import { assertKnownSeries } from "../find-series.ts";
import { readParameters } from "../parameters.ts";
import { readNowSeconds } from "../settings.ts";

/** GET /v1/candles */
export function addCandlesRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/candles",
    operationId: "getCandles",
    tags: ["candles"],
    summary: "Candles of one or several series, oldest first",
    description:
      "Name one series by source, symbol and timeframe, or up to twenty by series=binance:BTC-USDT:1m.",
    request: { query: candlesQuery },
    responses: {
      200: {
        description: "A page of candles. Link rel=next and X-Next-Cursor lead to the next one.",
        content: {
          [JSON_TYPE]: { schema: z.union([oneSeriesSchema, severalSeriesSchema]) },
          "text/csv": { schema: z.string() },
        },
      },
      304: { description: "Not changed since the answer that If-None-Match names." },
      ...problemsOf({
        400: "A parameter cannot be meant.",
        404: "Such a series is not known.",
        503: "The database does not answer now.",
      }),
    },
  });
  app.get("/v1/candles", (c) => answerCandles(c));
}

async function answerCandles(c: AppContext): Promise<Response> {
  const parameters = readParameters(candlesQuery, c.req.queries());
  const query = candleQueryOf(parameters);
  const reads = planCandleQuery(query);
  const { pages, ...cost } = await readCandles(c.env.DB, reads);
  if (query.positions === undefined) {
    const empty = query.series.filter((_, index) => pages[index]?.candles.length === 0);
    await assertKnownSeries(c.env.DB, empty);
  }
  const positions = nextPositions(reads, pages);
  const cursor = positions === undefined ? null : cursorOf(query, positions);
  const complete = isFinal(query, pages, readNowSeconds(c.env));
  const csv = (parameters.format ?? acceptedFormat(c)) === "csv";
  return answer(csv ? csvPage(query, pages) : jsonPage(query, pages, { cursor, complete }), {
    contentType: csv ? CSV_TYPE : JSON_TYPE,
    cacheControl: complete ? CACHE_FOR_EVER : CACHE_BRIEFLY,
    cost,
    headers: { vary: "Accept", ...(cursor === null ? {} : nextPageHeaders(c, cursor)) },
  });
}

function acceptedFormat(c: AppContext): (typeof FORMATS)[number] {
  const supports = [JSON_TYPE, "text/csv"];
  const type = accepts(c, { header: "Accept", supports, default: JSON_TYPE });
  return type === "text/csv" ? "csv" : "json";
}

/** The next page's address is relative: by which host and scheme we were called, we may not know. */
function nextPageHeaders(c: AppContext, cursor: string): Record<string, string> {
  const url = new URL(c.req.url);
  url.searchParams.set("cursor", cursor);
  return { link: `<${url.pathname}${url.search}>; rel="next"`, "x-next-cursor": cursor };
}
