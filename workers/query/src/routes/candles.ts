import { StorageRejectedError } from "@candlehouse/shared/core/errors";
import {
  isFinal,
  nextPositions,
  planCandleQuery,
  type CandleQuery,
  type SeriesRead,
} from "@candlehouse/shared/core/query-plan";
import { countCandles } from "@candlehouse/shared/core/timeframe";
import { readBounds } from "@candlehouse/shared/d1/read-candles";
import { problemOf } from "@candlehouse/shared/http/problem";
import { log } from "@candlehouse/shared/log/log";
import { z } from "@hono/zod-openapi";
import { accepts } from "hono/accepts";
import {
  answer,
  CACHE_BRIEFLY,
  CACHE_FOR_EVER,
  CSV_TYPE,
  JSON_TYPE,
  NDJSON_TYPE,
} from "../answer.ts";
import { oneSeriesSchema, problemsOf, severalSeriesSchema } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { jsonPage } from "../candle-json.ts";
import {
  candleQueryOf,
  candlesQuery,
  cursorOf,
  rangeQueryOf,
  type Format,
  type RangeQuery,
} from "../candle-query.ts";
import { assertKnownSeries } from "../find-series.ts";
import { LINE_FORMATS, linesPage } from "../line-formats.ts";
import { readParameters } from "../parameters.ts";
import { readPages, type PagesFound } from "../read-pages.ts";
import { readRanges } from "../read-ranges.ts";
import { readNowSeconds } from "../settings.ts";
import { startReading, streamLines } from "../stream-candles.ts";
import { planStream } from "../stream-plan.ts";

const CONTENT_TYPES: Record<Format, string> = {
  json: JSON_TYPE,
  csv: CSV_TYPE,
  ndjson: NDJSON_TYPE,
};

/** What the Accept header may say of each. */
const ACCEPTED: Record<string, Format> = {
  [JSON_TYPE]: "json",
  "text/csv": "csv",
  [NDJSON_TYPE]: "ndjson",
};

/** GET /v1/candles */
export function addCandlesRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/candles",
    operationId: "getCandles",
    tags: ["candles"],
    summary: "Candles of one or several series, oldest first",
    description:
      "Name one series by source, symbol and timeframe, or up to twenty by series=binance:BTC-USDT:1m. CSV and NDJSON with start and without limit are the whole range from start to end (or now) in one answer, however long; where it breaks off, the connection breaks.",
    request: { query: candlesQuery },
    responses: {
      200: {
        description: "A page of candles. Link rel=next and X-Next-Cursor lead to the next one.",
        content: {
          [JSON_TYPE]: { schema: z.union([oneSeriesSchema, severalSeriesSchema]) },
          "text/csv": { schema: z.string() },
          [NDJSON_TYPE]: { schema: z.string() },
        },
      },
      304: { description: "Not changed since the answer that If-None-Match names." },
      ...problemsOf({
        400: "A parameter cannot be meant.",
        404: "Such a series is not known.",
        500: "Candles of the range lie in a damaged file of the archive: key, series and range say which.",
        503: "The database or the archive does not answer now.",
      }),
    },
  });
  app.get("/v1/candles", (c) => answerCandles(c));
}

async function answerCandles(c: AppContext): Promise<Response> {
  const parameters = readParameters(candlesQuery, c.req.queries());
  const format = parameters.format ?? acceptedFormat(c);
  const range = rangeQueryOf(parameters, format);
  if (range !== undefined && format !== "json") {
    return answerRange(c, range, format);
  }
  const query = candleQueryOf(parameters);
  const reads = planCandleQuery(query);
  const found = await readPages(c.env, reads);
  return answerPage(c, query, reads, found, format);
}

async function answerPage(
  c: AppContext,
  query: CandleQuery,
  reads: readonly SeriesRead[],
  { pages, ...cost }: PagesFound,
  format: Format,
): Promise<Response> {
  if (query.positions === undefined) {
    const empty = query.series.filter((_, index) => pages[index]?.candles.length === 0);
    await assertKnownSeries(c.env.DB, empty);
  }
  const positions = nextPositions(reads, pages);
  const cursor = positions === undefined ? null : cursorOf(query, positions);
  const complete = isFinal(query, pages, readNowSeconds(c.env));
  const body =
    format === "json"
      ? jsonPage(query, pages, { cursor, complete })
      : linesPage(LINE_FORMATS[format], query, pages);
  return answer(body, {
    contentType: CONTENT_TYPES[format],
    cacheControl: complete ? CACHE_FOR_EVER : CACHE_BRIEFLY,
    cost,
    headers: { vary: "Accept", ...(cursor === null ? {} : nextPageHeaders(c, cursor)) },
  });
}

/**
 * A range that fits into one page is answered as one, with an entity tag, and kept for ever where
 * it is settled; a longer one is streamed.
 */
async function answerRange(
  c: AppContext,
  query: RangeQuery,
  format: Exclude<Format, "json">,
): Promise<Response> {
  const reads = planCandleQuery(query);
  const range = { from: query.start, to: query.end ?? readNowSeconds(c.env) };
  const most = query.series.map(({ timeframe }) => countCandles(range.from, range.to, timeframe));
  if (Math.max(...most) <= query.limit) {
    const found = await readPages(c.env, reads);
    if (!found.pages.some(({ more }) => more)) {
      return answerPage(c, query, reads, found, format);
    }
  }
  await assertKnownSeries(c.env.DB, query.series);
  const bounds = await readBounds(c.env.DB, query.series, range);
  const parts = readRanges(c.env, planStream(query.series, range, bounds));
  // The first candles are read before anything is sent: what fails at once is a problem document.
  const reading = await startReading(parts);
  const body = streamLines(LINE_FORMATS[format], reading, (error) => logBrokenStream(c, error));
  const headers = {
    "content-type": CONTENT_TYPES[format],
    "cache-control": CACHE_BRIEFLY,
    vary: "Accept",
  };
  if (c.req.method === "HEAD") {
    await body.cancel();
    return new Response(null, { headers });
  }
  return new Response(body, { headers });
}

/** The status is sent by then: that the connection breaks is all the client gets to know. */
function logBrokenStream(c: AppContext, error: unknown): void {
  const problem = problemOf(error instanceof StorageRejectedError ? error.cause : error);
  log("request.failed", {
    method: c.req.method,
    path: c.req.path,
    status: 200,
    code: problem.code,
    reason: error instanceof Error && problem.code !== "internal" ? error.message : String(error),
  });
}

function acceptedFormat(c: AppContext): Format {
  const supports = Object.keys(ACCEPTED);
  return ACCEPTED[accepts(c, { header: "Accept", supports, default: JSON_TYPE })] ?? "json";
}

/** The next page's address is relative: by which host and scheme we were called, we may not know. */
function nextPageHeaders(c: AppContext, cursor: string): Record<string, string> {
  const url = new URL(c.req.url);
  url.searchParams.set("cursor", cursor);
  return { link: `<${url.pathname}${url.search}>; rel="next"`, "x-next-cursor": cursor };
}
