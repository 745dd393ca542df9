import type { MiddlewareHandler } from "hono";
import { jsonAnswer, type SimulatorEnv, type SourceContext } from "../exchange.ts";
import { MINUTE_MS } from "../interval.ts";
import { createWindowCounter } from "../rate-limit.ts";

/** The key of a free plan; every other key is one of a paid plan. */
const FREE_KEY = "free";
const FREE_CALLS_PER_MINUTE = 5;
/** Paid plans do not count, but whoever asks this often is refused. */
const PAID_CALLS_PER_MINUTE = 6_000;
const FREE_YEARS = 2;

/** Refuses who shows no key, and who asks too often for his plan. */
export function limitCalls(): MiddlewareHandler<SimulatorEnv> {
  const free = createWindowCounter(MINUTE_MS);
  const paid = createWindowCounter(MINUTE_MS);
  return async (context, next) => {
    const key = keyOf(context);
    if (key === "") {
      return massiveError(401, "API Key was not provided");
    }
    const { nowMs } = context.env.call;
    const isOver =
      key === FREE_KEY
        ? free.add(nowMs, 1) > FREE_CALLS_PER_MINUTE
        : paid.add(nowMs, 1) > PAID_CALLS_PER_MINUTE;
    if (isOver) {
      return massiveError(
        429,
        "You've exceeded the maximum requests per minute, please wait or upgrade your subscription to continue. https://massive.com/pricing",
      );
    }
    await next();
    return undefined;
  };
}

/** The refusal of a free plan for a range in time; undefined where the plan includes it. */
export function planRefusal(
  context: SourceContext,
  toMs: number,
  todayMs: number,
): Response | undefined {
  if (keyOf(context) !== FREE_KEY) {
    return undefined;
  }
  if (toMs > todayMs) {
    return notAuthorized("Attempted to request today's data before end of day.");
  }
  return toMs <= freeStartMs(context.env.call.nowMs)
    ? notAuthorized("Your plan doesn't include this data timeframe.")
    : undefined;
}

/** Where a range that begins at `fromMs` begins for the plan: what is older is left out without a word. */
export function planStartMs(context: SourceContext, fromMs: number): number {
  return keyOf(context) === FREE_KEY
    ? Math.max(fromMs, freeStartMs(context.env.call.nowMs))
    : fromMs;
}

/** An answer with Massive's error envelope. */
export function massiveError(status: number, error: string): Response {
  return jsonAnswer({ status: "ERROR", request_id: requestId(), error }, status);
}

/** 32 hexadecimal digits. */
export function requestId(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

function notAuthorized(reason: string): Response {
  const message = `${reason} Please upgrade your plan at https://massive.com/pricing`;
  return jsonAnswer({ status: "NOT_AUTHORIZED", request_id: requestId(), message }, 403);
}

function freeStartMs(nowMs: number): number {
  const date = new Date(nowMs);
  return Date.UTC(date.getUTCFullYear() - FREE_YEARS, date.getUTCMonth(), date.getUTCDate());
}

function keyOf(context: SourceContext): string {
  const bearer = /^Bearer (.+)$/.exec(context.req.header("Authorization") ?? "");
  return bearer?.[1] ?? context.req.query("apiKey") ?? "";
}
