import { reportBrokenStream } from "./request-failure.ts";
import { countCandles } from "@candlehouse/shared/core/timeframe";
import { CACHE_BRIEFLY, entityTagOf } from "./answer.ts";
import { extraColumnsOf } from "./answer-columns.ts";
import type { AppContext } from "./app.ts";
import { acceptedFormat, CONTENT_TYPES, dispositionOf, pieceFormatOf } from "./candle-formats.ts";
import { jsonPage } from "./candle-json.ts";
import { candlesQuery, type Format } from "./candle-parameters.ts";
import {
  candlesRequestOf,
  cursorOf,
  describeRequest,
  type CandlesRequest,
  type WholeRange,
} from "./candle-query.ts";
import { asksPastCaches } from "./cache-control.ts";
import { cacheFor, holdsSeconds, type EdgeCache } from "./edge-cache.ts";
import { assertKnownWanted } from "./find-wanted.ts";
import { answerKept, keepAnswer, keyOf, type Keepable } from "./kept-answers.ts";
import { collectParquet, parquetOf } from "./collect-parquet.ts";
import { readParameters } from "./parameters.ts";
import { concatBytes, wholeOf } from "./piece-format.ts";
import { servePages, serveRange } from "./serve/serve-candles.ts";
import type { ServedPages, ServeQuery } from "./serve/serve-query.ts";
import { planOf, timingSince } from "./server-timing.ts";
import { readNowSeconds } from "./settings.ts";
import { startReading, streamPieces } from "./stream-pieces.ts";

/** A request, with all that decides how it is answered. */
interface Asked {
  readonly request: CandlesRequest;
  readonly format: Format;
  readonly nowSeconds: number;
}

/** Answers GET /v1/candles, from `cache` where it has the answer. */
export async function answerCandles(
  c: AppContext,
  cache: EdgeCache | undefined,
): Promise<Response> {
  const parameters = readParameters(candlesQuery, c.req.queries());
  const format = parameters.format ?? acceptedFormat(c.req.header("accept"));
  const request = candlesRequestOf(parameters, format);
  const nowSeconds = readNowSeconds(c.env);
  const asked = { request, format, nowSeconds };
  const key = cache === undefined ? undefined : keyOf(c.req.url, request, format, nowSeconds);
  if (cache === undefined || key === undefined) {
    return (await answerAsked(c, asked)).response;
  }
  // Who reloads a page past its caches means this one too.
  const isReload = asksPastCaches(c.req.header("cache-control"));
  const kept = isReload ? undefined : await answerKept(cache, key, c.req.raw, nowSeconds);
  if (kept !== undefined) {
    return kept;
  }
  const answered = await answerAsked(c, asked);
  return answered.holdsSeconds > 0
    ? keepAnswer(cache, key, answered, nowSeconds, (work) => c.executionCtx.waitUntil(work))
    : answered.response;
}

async function answerAsked(c: AppContext, asked: Asked): Promise<Keepable> {
  const { request, nowSeconds } = asked;
  const { query, whole } = request;
  const startedMs = performance.now();
  if (whole === undefined || fitsPage(query, whole, nowSeconds)) {
    const served = await servePages(c.env, query, nowSeconds);
    if (whole === undefined || served.positions === undefined) {
      return answerPage(c, asked, served, startedMs);
    }
  }
  return { response: await answerRange(c, query, whole, nowSeconds), holdsSeconds: 0 };
}

/** Whether a whole range may be answered as one page, as far as the clock can tell. */
function fitsPage(query: ServeQuery, { from }: WholeRange, nowSeconds: number): boolean {
  const end = query.end ?? nowSeconds;
  return query.wanted.every(({ timeframe }) => countCandles(from, end, timeframe) <= query.limit);
}

async function answerPage(
  c: AppContext,
  { request, format }: Asked,
  served: ServedPages,
  startedMs: number,
): Promise<Keepable> {
  const { query } = request;
  const { pages, positions, cost } = served;
  const seconds = holdsSeconds(served);
  const servedMs = performance.now();
  if (query.positions === undefined) {
    const empty = query.wanted.filter((_, index) => pages[index]?.candles.length === 0);
    await assertKnownWanted(c.env.DB, empty);
  }
  const cursor = positions === undefined ? null : cursorOf(request, positions);
  const body = bodyOf(request, format, served, cursor);
  const timing = timingSince({ startedMs, servedMs }, cost, planOf(pages, query, cost));
  const response = new Response(body, {
    headers: {
      "content-type": CONTENT_TYPES[format],
      "cache-control": cacheFor(seconds),
      ...(await bodyHeaders(body)),
      vary: "Accept",
      "server-timing": timing,
      ...dispositionOf(format, query),
      ...(cursor === null ? {} : nextPageHeaders(c, cursor)),
    },
  });
  return { response, holdsSeconds: seconds };
}

/** What is said of a body that is known as a whole: how long it is, to who asks by HEAD too. */
async function bodyHeaders(body: Uint8Array): Promise<Record<string, string>> {
  return { etag: await entityTagOf(body), "content-length": String(body.length) };
}

function bodyOf(
  request: CandlesRequest,
  format: Format,
  served: ServedPages,
  cursor: string | null,
): Uint8Array {
  const { pages, columns } = served;
  const extra = extraColumnsOf(request.query, columns);
  if (format === "json") {
    const count = pages.reduce((sum, { candles }) => sum + candles.length, 0);
    const meta = { ...describeRequest(request), count, complete: holdsSeconds(served) > 0 };
    const { shape, interval } = request;
    const showsFrom = interval !== undefined;
    const encoder = new TextEncoder();
    const pieces = jsonPage(pages, { shape, extra, cursor, meta, showsFrom });
    return concatBytes(Array.from(pieces, (piece) => encoder.encode(piece)));
  }
  if (format !== "parquet") {
    return wholeOf(pieceFormatOf(format, extra, pages.length > 1), pages);
  }
  return parquetOf(pages, extra);
}

/** A range that is longer than a page: a stream, or a Parquet file. */
async function answerRange(
  c: AppContext,
  query: ServeQuery,
  { format }: WholeRange,
  nowSeconds: number,
): Promise<Response> {
  await assertKnownWanted(c.env.DB, query.wanted);
  const range = await serveRange(c.env, query, nowSeconds);
  const extra = extraColumnsOf(query, range.columns);
  const head = {
    "content-type": CONTENT_TYPES[format],
    "cache-control": CACHE_BRIEFLY,
    vary: "Accept",
    ...dispositionOf(format, query),
  };
  if (format === "parquet") {
    const body = await collectParquet(range, extra);
    return new Response(body, { headers: { ...head, ...(await bodyHeaders(body)) } });
  }
  // The first candles are read before anything is sent: what fails at once is a problem document.
  const reading = await startReading(range.parts);
  const pieces = pieceFormatOf(format, extra, query.wanted.length > 1);
  const body = streamPieces(pieces, reading, (error) => reportBrokenStream(c, error));
  if (c.req.method === "HEAD") {
    await body.cancel();
    return new Response(null, { headers: head });
  }
  return new Response(body, { headers: head });
}

/** The next page's address is relative: by which host and scheme we were called, we may not know. */
function nextPageHeaders(c: AppContext, cursor: string): Record<string, string> {
  const url = new URL(c.req.url);
  url.searchParams.set("cursor", cursor);
  return { link: `<${url.pathname}${url.search}>; rel="next"`, "x-next-cursor": cursor };
}
