import { Hono } from "hono";
import { toJsonNumber, roundTo } from "../decimal.ts";
import {
  jsonAnswer,
  pageOf,
  type Exchange,
  type SimulatorEnv,
  type SourceContext,
  type SourceRoutes,
} from "../exchange.ts";
import { DAY_MS, everyMs, HOUR_MS, MINUTE_MS, shiftOpenTime, openTimeOf } from "../interval.ts";
import type { Market } from "../market/catalogue.ts";
import { createWindowCounter } from "../rate-limit.ts";

/** Days that may be asked for, and the length of the candles then. */
const STEP_MS_BY_DAYS = new Map([
  ["1", 30 * MINUTE_MS],
  ["7", 4 * HOUR_MS],
  ["14", 4 * HOUR_MS],
  ["30", 4 * HOUR_MS],
  ["90", 4 * DAY_MS],
  ["180", 4 * DAY_MS],
  ["365", 4 * DAY_MS],
]);
const PER_MINUTE_KEYLESS = 30;
const PER_MINUTE_DEMO = 100;
const DECIMALS_MAX = 18;

/** Tickers are ambiguous: tokens of no account that share theirs with a big one. */
const NAMESAKES = [
  { id: "batcat", symbol: "btc", name: "batcat" },
  { id: "ethereum-wormhole", symbol: "eth", name: "Ethereum (Wormhole)" },
];

/** api.coingecko.com: row times are CLOSE times in milliseconds, and there is no volume. */
export function coingeckoRoutes(exchange: Exchange): SourceRoutes {
  const routes = new Hono<SimulatorEnv>();
  const minute = createWindowCounter(MINUTE_MS);
  routes.use(async (context, next) => {
    const { nowMs } = context.env.call;
    const key = context.req.header("x-cg-demo-api-key") ?? context.req.query("x_cg_demo_api_key");
    if (minute.add(nowMs, 1) > (key === undefined ? PER_MINUTE_KEYLESS : PER_MINUTE_DEMO)) {
      return refused(minute.leftMs(nowMs));
    }
    await next();
    return undefined;
  });
  routes.get("/api/v3/ping", () => jsonAnswer({ gecko_says: "(V3) To the Moon!" }));
  routes.get("/api/v3/coins/list", () =>
    jsonAnswer([
      ...exchange.catalogue.of("coingecko").map(({ token, symbol }) => ({
        id: symbol,
        symbol: token.code.toLowerCase(),
        name: token.name,
      })),
      ...NAMESAKES,
    ]),
  );
  routes.get("/api/v3/coins/:id/ohlc", (context) => {
    const market = exchange.catalogue.find("coingecko", context.req.param("id"));
    return market === undefined
      ? jsonAnswer({ error: "coin not found" }, 404)
      : ohlc(exchange, context, market);
  });
  routes.all("*", () =>
    jsonAnswer({ error: "Incorrect path. Please check https://docs.coingecko.com/" }, 404),
  );
  return routes;
}

function ohlc(exchange: Exchange, context: SourceContext, market: Market): Response {
  const call = context.env.call;
  if (context.req.query("vs_currency")?.toLowerCase() !== "usd") {
    return jsonAnswer({ error: "invalid vs_currency" }, 422);
  }
  if (context.req.query("interval") !== undefined) {
    return status(401, 10_005, "This request is limited to PRO API subscribers.");
  }
  const days = context.req.query("days") ?? "";
  if (days === "max") {
    return status(
      401,
      10_012,
      "Your request exceeds the allowed time range. Public API users are limited to querying historical data within the past 365 days.",
    );
  }
  const stepMs = STEP_MS_BY_DAYS.get(days);
  if (stepMs === undefined) {
    return jsonAnswer({ error: "Invalid days parameter" }, 422);
  }
  const grid = everyMs(stepMs);
  const fromMs = shiftOpenTime(grid, openTimeOf(grid, call.nowMs - Number(days) * DAY_MS), 0);
  const decimals = precisionOf(context.req.query("precision"), market);
  const price = (value: bigint): number => toJsonNumber(roundTo(value, decimals));
  const rows = exchange
    .candlesFor(call)
    .candles({ market, grid, fromMs, toMs: call.nowMs + 1, nowMs: call.nowMs })
    .map((candle) => [
      // The time of the close; of the candle still open, it is now.
      Math.min(candle.openMs + stepMs, call.nowMs),
      price(candle.open),
      price(candle.high),
      price(candle.low),
      price(candle.close),
    ]);
  return jsonAnswer(pageOf(call, rows));
}

function precisionOf(text: string | undefined, market: Market): number {
  if (text === "full") {
    return DECIMALS_MAX;
  }
  const decimals = Number(text ?? Number.NaN);
  if (Number.isInteger(decimals) && decimals >= 0 && decimals <= DECIMALS_MAX) {
    return decimals;
  }
  // By default large prices come in whole dollars.
  return market.token.priceUsd >= 1000 ? 0 : market.token.priceUsd >= 1 ? 2 : 6;
}

function refused(leftMs: number): Response {
  return jsonAnswer(
    {
      status: {
        error_code: 429,
        error_message:
          "You've exceeded the Rate Limit. Please visit https://www.coingecko.com/en/api/pricing to subscribe to our API plans for higher rate limits.",
      },
    },
    429,
    { "Retry-After": String(Math.ceil(leftMs / 1000)) },
  );
}

function status(code: number, errorCode: number, message: string): Response {
  return jsonAnswer({ status: { error_code: errorCode, error_message: message } }, code);
}
