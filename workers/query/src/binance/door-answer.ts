import { reportFailure } from "../request-failure.ts";
import { isSourceId, SOURCES, type SourceId } from "@candlehouse/shared/core/source";
import { answer, CACHE_NEVER } from "../answer.ts";
import type { AppContext } from "../app.ts";
import { timingSince } from "../server-timing.ts";
import type { ServeCost } from "../serve/serve-query.ts";
import { BINANCE_CODES, BinanceError, invalidParameter } from "./binance-error.ts";

/** As Binance writes it. */
const DOOR_JSON_TYPE = "application/json;charset=UTF-8";

/** What a route of the door answers. */
export interface DoorBody {
  readonly body: string;
  readonly cacheControl: string;
  /** Of an answer that is made of candles: what reading cost, the plan, and when (`performance.now()`) they were there. */
  readonly took?: { readonly cost: ServeCost; readonly plan: string; readonly servedMs: number };
}

/**
 * The source that the path names, or else that of the setting BINANCE_DOOR_SOURCE. Throws
 * BinanceError where the path names none, RangeError where the setting does.
 */
export function doorSourceOf(c: AppContext): SourceId {
  const named = c.req.param("source");
  if (named === undefined) {
    const source: string = c.env.BINANCE_DOOR_SOURCE;
    if (!isSourceId(source)) {
      throw new RangeError(`BINANCE_DOOR_SOURCE ${source} is none of ${SOURCES.join(", ")}`);
    }
    return source;
  }
  if (!isSourceId(named)) {
    throw invalidParameter("source", `one of ${SOURCES.join(", ")}`);
  }
  return named;
}

/** What `handle` makes of the request, or the error that it throws, as Binance would write it. */
export async function answerDoor(
  c: AppContext,
  handle: (c: AppContext) => Promise<DoorBody> | DoorBody,
): Promise<Response> {
  const startedMs = performance.now();
  try {
    const { body, cacheControl, took } = await handle(c);
    const head = { contentType: DOOR_JSON_TYPE, cacheControl };
    if (took === undefined) {
      return await answer(body, head);
    }
    const timing = timingSince({ startedMs, servedMs: took.servedMs }, took.cost, took.plan);
    return await answer(body, { ...head, headers: { "server-timing": timing } });
  } catch (error) {
    return error instanceof BinanceError ? refusal(error) : failure(c, error);
  }
}

function refusal({ code, message }: BinanceError): Response {
  return errorResponse(400, code, message);
}

/** A failure of ours is logged as everywhere; a client reads that it may try again. */
function failure(c: AppContext, error: unknown): Response {
  const problem = reportFailure(c, error);
  if (problem.status < 500) {
    return errorResponse(400, BINANCE_CODES.invalidParameter, problem.detail);
  }
  return problem.status === 503
    ? errorResponse(
        503,
        BINANCE_CODES.disconnected,
        "Internal error; unable to process your request. Please try again.",
      )
    : errorResponse(500, BINANCE_CODES.unknown, problem.detail);
}

/** Where nothing is, or nothing by this method: in Binance's words. */
export function answerNoDoor(c: AppContext, allowed: string | undefined): Response {
  const { method, path } = c.req;
  const response = errorResponse(
    allowed === undefined ? 404 : 405,
    BINANCE_CODES.invalidPath,
    `Path ${path}, Method ${method} is invalid`,
  );
  if (allowed !== undefined) {
    response.headers.set("allow", allowed);
  }
  return response;
}

function errorResponse(status: number, code: number, msg: string): Response {
  return new Response(JSON.stringify({ code, msg }), {
    status,
    headers: { "content-type": DOOR_JSON_TYPE, "cache-control": CACHE_NEVER },
  });
}
