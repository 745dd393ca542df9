import { reportBrokenStream } from "../request-failure.ts";
import { allDatabases } from "@candlehouse/shared/d1/databases";
import { parseClock, shownSeconds } from "@candlehouse/shared/core/clock";
import { z } from "@hono/zod-openapi";
import { problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { beginLive } from "../live/begin-live.ts";
import { followSeries } from "../live/follow-series.ts";
import { LAST_EVENT_ID, liveHeaders, liveOriginOf, liveQuery } from "../live/live-query.ts";
import { streamText } from "../live/stream-text.ts";
import { readParameters } from "../parameters.ts";

const EVENT_STREAM_TYPE = "text/event-stream";

/** No cache and no proxy may hold events back, to compress them or for any other reason. */
const HEADERS = {
  "content-type": `${EVENT_STREAM_TYPE}; charset=utf-8`,
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no",
};

/**
 * Most looks into databases by one stream: a request may make 1,000 queries, of which beginning
 * takes up to 200, and looking after its reader's key up to 120. Then the stream ends, and the client
 * comes back.
 */
// https://developers.cloudflare.com/d1/platform/limits/
const QUERIES_MAX = 650;

/** GET /v1/stream */
export function addStreamRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/stream",
    operationId: "streamCandles",
    tags: ["candles"],
    summary: "Candles as they are stored, as server-sent events",
    description: `Each candle of up to twenty series is an event \`candle\` once it is stored: its data are the fields of the series and of the candle, as NDJSON has them. \`ready\` is the first event; \`reset\` says which candles are too many to catch up with, and where to read them. After a break, send the id of the last event as ${LAST_EVENT_ID}: nothing is sent twice or left out. The stream ends now and then; come back.`,
    request: { query: liveQuery, headers: liveHeaders },
    responses: {
      200: {
        description: "A stream of server-sent events that goes on until it is broken off.",
        content: { [EVENT_STREAM_TYPE]: { schema: z.string() } },
      },
      ...problemsOf({
        400: "A parameter or the id of the last event cannot be meant.",
        404: "Such a series is not known.",
        413: "What is to be caught up takes more reads than one answer may make: begin later, or name fewer series.",
        500: "Candles to catch up with lie in a damaged file of the archive.",
        503: "The database or the archive does not answer now.",
      }),
    },
  });
  app.get("/v1/stream", (c) => answerStream(c));
}

async function answerStream(c: AppContext): Promise<Response> {
  const { series, ...parameters } = readParameters(liveQuery, c.req.queries());
  const keeper = { clock: parseClock(c.env.CLOCK), realNowMs: () => Date.now() };
  const nowSeconds = shownSeconds(keeper);
  const header = c.req.header(LAST_EVENT_ID);
  const origin = liveOriginOf(parameters, header, series, nowSeconds);
  // Before anything is sent: what is wrong is a problem document.
  const start = await beginLive(c.env, series, origin, nowSeconds);
  if (c.req.method === "HEAD") {
    return new Response(null, { headers: HEADERS });
  }
  // A look asks each database that may have one of its series.
  const looksMax = Math.floor(QUERIES_MAX / allDatabases(c.env.DB).length);
  const body = streamText(
    (signal) => followSeries({ db: c.env.DB, keeper, looksMax }, start, signal),
    c.req.raw.signal,
    (error) => reportBrokenStream(c, error),
  );
  return new Response(body, { headers: HEADERS });
}
