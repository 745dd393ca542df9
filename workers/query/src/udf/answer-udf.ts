import { answer, CACHE_NEVER, JSON_TYPE } from "../answer.ts";
import type { AppContext } from "../app.ts";
import { reportFailure } from "../request-failure.ts";
import { timingSince } from "../server-timing.ts";
import type { ReadCost } from "./read-bars.ts";

/** For what the present changes: several charts that poll cost one read. */
export const CACHE_PRESENT = "public, max-age=2";

/** For bars of the past: a backfill or an import may still add to them. */
export const CACHE_PAST = "public, max-age=60";

/** For what changes when somebody changes what is collected. */
export const CACHE_SETTINGS = "public, max-age=30";

/** What a route of the charts' door answers. */
export interface UdfAnswer {
  readonly body: unknown;
  readonly cacheControl: string;
  /** Of an answer that is made of candles. */
  readonly took?: ReadCost;
}

/**
 * What `make` answers, as JSON. A chart's adapter does not look at the status and reads whatever
 * comes as JSON: so what fails is `{"s":"error","errmsg":"…"}` with the status 200, and what fails
 * by our fault is in the log.
 */
export async function answerUdf(c: AppContext, make: () => Promise<UdfAnswer>): Promise<Response> {
  const startedMs = performance.now();
  try {
    const { body, cacheControl, took } = await make();
    const servedMs = performance.now();
    const text = JSON.stringify(body);
    const head = { contentType: JSON_TYPE, cacheControl };
    if (took === undefined) {
      return await answer(text, head);
    }
    const timing = timingSince({ startedMs, servedMs }, took.cost, took.plan);
    return await answer(text, { ...head, headers: { "server-timing": timing } });
  } catch (error) {
    return errorResponse(200, reportFailure(c, error).detail);
  }
}

/** Where nothing is, or nothing by this method: still in the words of the charts. */
export function answerNoUdf(c: AppContext, allowed: string | undefined): Response {
  const { method, path } = c.req;
  if (allowed === undefined) {
    return errorResponse(404, `there is nothing at ${path}; /openapi.json lists the routes`);
  }
  const response = errorResponse(405, `${method} is not understood at ${path}; ${allowed} are`);
  response.headers.set("allow", allowed);
  return response;
}

function errorResponse(status: number, errmsg: string): Response {
  return Response.json(
    { s: "error", errmsg },
    { status, headers: { "cache-control": CACHE_NEVER } },
  );
}
