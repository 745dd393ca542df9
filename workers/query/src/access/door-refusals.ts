import type { Problem } from "@candlehouse/shared/http/problem";
import { CACHE_NEVER } from "../answer.ts";

/** Binance's words for what is decided before its door is reached. */
// https://developers.binance.com/docs/binance-spot-api-docs/errors
const BINANCE_REFUSALS: Readonly<Record<number, readonly [code: number, message: string]>> = {
  401: [-2015, "Invalid API-key, IP, or permissions for action."],
  403: [-2015, "Invalid API-key, IP, or permissions for action."],
  429: [-1003, "Too many requests."],
  503: [-1001, "Internal error; unable to process your request. Please try again."],
};

/**
 * `problem` in the words of the door at `path`, for clients that read nothing else; undefined where
 * there is no such door. Unlike what a chart is told of its own mistakes, the status is the problem's.
 */
export function refusalAtDoor(path: string, problem: Problem): Response | undefined {
  const body = path.startsWith("/binance/")
    ? binanceBody(problem)
    : path.startsWith("/udf/")
      ? { s: "error", errmsg: problem.detail }
      : undefined;
  if (body === undefined) {
    return undefined;
  }
  const { status, retry_after: retryAfter } = problem;
  return Response.json(body, {
    status,
    headers: {
      "cache-control": CACHE_NEVER,
      ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
    },
  });
}

function binanceBody({ status, detail }: Problem): object {
  const [code, msg] = BINANCE_REFUSALS[status] ?? [-1000, detail];
  return { code, msg };
}
