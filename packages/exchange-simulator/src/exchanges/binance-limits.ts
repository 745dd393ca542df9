import type { MiddlewareHandler } from "hono";
import { jsonAnswer, type SimulatorEnv } from "../exchange.ts";
import { MINUTE_MS } from "../interval.ts";
import { createWindowCounter } from "../rate-limit.ts";

/** An answer of Binance with status 400. */
export class BinanceError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = "BinanceError";
    this.code = code;
  }
}

const WEIGHT_PER_MINUTE = 6000;
/** Who goes on asking this often after the first 429 is banned. */
const REFUSALS_BEFORE_BAN = 10;
const BAN_MS = 2 * MINUTE_MS;

const WEIGHTS = new Map([
  ["/api/v3/klines", 2],
  ["/api/v3/exchangeInfo", 20],
]);

/**
 * Binance's weight limit of a host: 6000 in a minute, then 429 with Retry-After, and 418 for two minutes
 * for who goes on. Every answer says in X-MBX-USED-WEIGHT-1M what the minute has used.
 */
export function limitWeight(): MiddlewareHandler<SimulatorEnv> {
  const minute = createWindowCounter(MINUTE_MS);
  const refusals = createWindowCounter(MINUTE_MS);
  let bannedUntilMs = 0;
  return async (context, next) => {
    const call = context.env.call;
    call.weight = WEIGHTS.get(context.req.path.slice(call.host.length + 1)) ?? 1;
    const used = minute.add(call.nowMs, call.weight);
    if (call.nowMs < bannedUntilMs) {
      return banned(bannedUntilMs, call.nowMs);
    }
    if (used > WEIGHT_PER_MINUTE) {
      if (refusals.add(call.nowMs, 1) > REFUSALS_BEFORE_BAN) {
        bannedUntilMs = call.nowMs + BAN_MS;
        return banned(bannedUntilMs, call.nowMs);
      }
      return refused(minute.leftMs(call.nowMs), used);
    }
    await next();
    context.res.headers.set("X-MBX-USED-WEIGHT", String(used));
    context.res.headers.set("X-MBX-USED-WEIGHT-1M", String(used));
    return undefined;
  };
}

function refused(leftMs: number, used: number): Response {
  return jsonAnswer(
    {
      code: -1003,
      msg: `Too much request weight used; current limit is ${WEIGHT_PER_MINUTE} request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API.`,
    },
    429,
    {
      "Retry-After": String(Math.ceil(leftMs / 1000)),
      "X-MBX-USED-WEIGHT": String(used),
      "X-MBX-USED-WEIGHT-1M": String(used),
    },
  );
}

function banned(untilMs: number, nowMs: number): Response {
  return jsonAnswer(
    {
      code: -1003,
      msg: `Way too much request weight used; IP banned until ${untilMs}. Please use WebSocket Streams for live updates to avoid bans.`,
    },
    418,
    { "Retry-After": String(Math.ceil((untilMs - nowMs) / 1000)) },
  );
}
