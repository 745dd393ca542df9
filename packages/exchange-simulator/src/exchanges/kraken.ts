import { Hono } from "hono";
import { divideRounded, formatFixed, largest, smallest } from "../decimal.ts";
import {
  jsonAnswer,
  pageOf,
  type Exchange,
  type SimulatorEnv,
  type SourceContext,
  type SourceRoutes,
} from "../exchange.ts";
import { everyMs, MINUTE_MS, openTimeOf, shiftOpenTime, type Grid } from "../interval.ts";
import type { Candle } from "../market/candle.ts";
import { flatCandle } from "../market/candle.ts";
import type { Market } from "../market/catalogue.ts";
import { createTokenBucket } from "../rate-limit.ts";
import { assetPairs, assets, createPairNames } from "./kraken-pairs.ts";
import { tradesResult } from "./kraken-trades.ts";

/** Interval parameter in minutes; weeks open on Thursdays, as multiples of 7 days since 1970 do. */
const GRIDS: ReadonlyMap<string, Grid> = new Map(
  [1, 5, 15, 30, 60, 240, 1440, 10_080, 21_600].map((minutes) => [
    String(minutes),
    everyMs(minutes * MINUTE_MS),
  ]),
);

/** Intervals before the open one that an answer goes back. */
const COMMITTED_MAX = 720;
const BURST = 15;
const PER_SECOND = 1;

/** api.kraken.com: errors come with status 200. */
export function krakenRoutes(exchange: Exchange): SourceRoutes {
  const routes = new Hono<SimulatorEnv>();
  const bucket = createTokenBucket(BURST, PER_SECOND);
  const pairNames = createPairNames(exchange);
  routes.use(async (context, next) => {
    if (!bucket.take(context.env.call.nowMs)) {
      return refusal("EGeneral:Too many requests");
    }
    await next();
    return undefined;
  });
  routes.get("/0/public/Time", (context) => {
    const { nowMs } = context.env.call;
    const rfc1123 = new Date(nowMs).toUTCString();
    return success({ unixtime: Math.floor(nowMs / 1000), rfc1123 });
  });
  routes.get("/0/public/SystemStatus", (context) =>
    success({ status: "online", timestamp: new Date(context.env.call.nowMs).toISOString() }),
  );
  routes.get("/0/public/Assets", () => success(assets(exchange)));
  routes.get("/0/public/AssetPairs", (context) => {
    const asked = context.req.query("pair")?.split(",");
    const markets = asked?.map((name) => pairNames.find(name)) ?? exchange.catalogue.of("kraken");
    const known = markets.filter((market) => market !== undefined);
    return known.length < markets.length
      ? refusal("EQuery:Unknown asset pair")
      : success(assetPairs(known.filter((market) => market.listedMs <= context.env.call.nowMs)));
  });
  routes.get("/0/public/OHLC", (context) => {
    const grid = GRIDS.get(context.req.query("interval") ?? "1");
    const market = pairNames.find(context.req.query("pair") ?? "");
    if (grid === undefined || context.req.query("pair") === undefined) {
      return refusal("EGeneral:Invalid arguments");
    }
    if (market === undefined || market.listedMs > context.env.call.nowMs) {
      return refusal("EQuery:Unknown asset pair");
    }
    return ohlc(exchange, context, market, grid);
  });
  routes.get("/0/public/Trades", (context) => {
    const { pair } = context.req.query();
    const market = pairNames.find(pair ?? "");
    if (pair !== undefined && (market === undefined || market.listedMs > context.env.call.nowMs)) {
      return refusal("EQuery:Unknown asset pair");
    }
    const result = market && tradesResult(exchange, context.env.call, market, context.req.query());
    return result === undefined ? refusal("EGeneral:Invalid arguments") : success(result);
  });
  routes.all("*", () => refusal("EGeneral:Unknown method"));
  return routes;
}

function ohlc(exchange: Exchange, context: SourceContext, market: Market, grid: Grid): Response {
  const call = context.env.call;
  const openMs = openTimeOf(grid, call.nowMs);
  const lastMs = shiftOpenTime(grid, openMs, -1);
  // The newest 720 intervals: where candles are absent, the answer has fewer rows.
  const fromMs = shiftOpenTime(grid, openMs, -COMMITTED_MAX);
  const found = exchange
    .candlesFor(call)
    .candles({ market, grid, fromMs, toMs: call.nowMs + 1, nowMs: call.nowMs });
  const newest = found.at(-1);
  // The open candle is always there, flat when nothing has traded in it.
  const candles =
    newest === undefined || newest.openMs === openMs
      ? found
      : [...found, flatCandle(openMs, newest.close)];
  const sinceText = context.req.query("since") ?? "";
  const sinceMs = /^\d+$/.test(sinceText) ? Number(sinceText) * 1000 : -1;
  // `since` is exclusive, and never hides the open candle.
  const rows = candles
    .filter((candle) => candle.openMs > sinceMs || candle.openMs === openMs)
    .map((candle) => rowOf(candle, market.priceDecimals));
  return success({ [market.symbol]: pageOf(call, rows), last: lastMs / 1000 });
}

function rowOf(candle: Candle, priceDecimals: number): readonly (string | number)[] {
  return [
    candle.openMs / 1000,
    formatFixed(candle.open, priceDecimals),
    formatFixed(candle.high, priceDecimals),
    formatFixed(candle.low, priceDecimals),
    formatFixed(candle.close, priceDecimals),
    averagePrice(candle, priceDecimals),
    formatFixed(candle.volume, 8),
    candle.trades,
  ];
}

/** The average price weighted by volume; "0.0" where nothing traded. */
function averagePrice(candle: Candle, priceDecimals: number): string {
  if (candle.volume === 0n) {
    return "0.0";
  }
  const average = divideRounded(candle.quoteVolume, candle.volume, priceDecimals);
  return formatFixed(smallest(candle.high, largest(candle.low, average)), priceDecimals);
}

function success(result: unknown): Response {
  return jsonAnswer({ error: [], result }, 200, { "Content-Type": "application/json" });
}

function refusal(error: string): Response {
  return jsonAnswer({ error: [error] }, 200, { "Content-Type": "application/json" });
}
