import { Hono } from "hono";
import { formatFixed } from "../decimal.ts";
import {
  jsonAnswer,
  pageOf,
  type Exchange,
  type SimulatorEnv,
  type SourceContext,
  type SourceRoutes,
} from "../exchange.ts";
import {
  DAY_MS,
  EVERY_DAY,
  EVERY_MINUTE,
  EVERY_MONDAY,
  EVERY_MONTH,
  everyMs,
  HOUR_MS,
  MINUTE_MS,
  openTimeFrom,
  shiftOpenTime,
  type Grid,
} from "../interval.ts";
import type { Candle } from "../market/candle.ts";
import { newestCandles, oldestCandles } from "../market/paging.ts";
import { exchangeInfo } from "./binance-exchange-info.ts";
import { BinanceError, limitWeight } from "./binance-limits.ts";

/** Case matters: 1m is a minute, 1M a month. Three-day candles lie on a grid of their own. */
const GRIDS: ReadonlyMap<string, Grid> = new Map<string, Grid>([
  ["1m", EVERY_MINUTE],
  ["3m", everyMs(3 * MINUTE_MS)],
  ["5m", everyMs(5 * MINUTE_MS)],
  ["15m", everyMs(15 * MINUTE_MS)],
  ["30m", everyMs(30 * MINUTE_MS)],
  ["1h", everyMs(HOUR_MS)],
  ["2h", everyMs(2 * HOUR_MS)],
  ["4h", everyMs(4 * HOUR_MS)],
  ["6h", everyMs(6 * HOUR_MS)],
  ["8h", everyMs(8 * HOUR_MS)],
  ["12h", everyMs(12 * HOUR_MS)],
  ["1d", EVERY_DAY],
  ["3d", everyMs(3 * DAY_MS, DAY_MS)],
  ["1w", EVERY_MONDAY],
  ["1M", EVERY_MONTH],
]);

const KLINES_PARAMETERS = ["symbol", "interval", "startTime", "endTime", "timeZone", "limit"];
const LIMIT_DEFAULT = 500;
const LIMIT_MAX = 1000;
/** A time above this is in microseconds. */
const MILLISECONDS_MAX = 1e14;

/** api.binance.com and data-api.binance.vision: market data of Binance spot. */
export function binanceRoutes(exchange: Exchange): SourceRoutes {
  const routes = new Hono<SimulatorEnv>();
  routes.use(limitWeight());
  routes.get("/api/v3/ping", () => answer({}));
  routes.get("/api/v3/time", (context) => answer({ serverTime: context.env.call.nowMs }));
  routes.get("/api/v3/exchangeInfo", (context) => guarded(() => exchangeInfo(exchange, context)));
  routes.get("/api/v3/klines", (context) => guarded(() => klines(exchange, context)));
  routes.all(
    "*",
    () =>
      new Response("<html><body><h2>404 Not found</h2></body></html>", {
        status: 404,
        headers: { "Content-Type": "text/html" },
      }),
  );
  return routes;
}

/** fapi.binance.com and dapi.binance.com: no futures here, but ccxt asks for the list of them. */
export function binanceFuturesRoutes(): SourceRoutes {
  const routes = new Hono<SimulatorEnv>();
  routes.get("/:api/v1/exchangeInfo", (context) =>
    answer({
      timezone: "UTC",
      serverTime: context.env.call.nowMs,
      rateLimits: [],
      exchangeFilters: [],
      assets: [],
      symbols: [],
    }),
  );
  return routes;
}

function answer(body: unknown): Response {
  return jsonAnswer(body, 200, { "Content-Type": "application/json;charset=UTF-8" });
}

function guarded(handle: () => unknown): Response {
  try {
    return answer(handle());
  } catch (error) {
    if (error instanceof BinanceError) {
      return jsonAnswer({ code: error.code, msg: error.message }, 400, {
        "Content-Type": "application/json;charset=UTF-8",
      });
    }
    throw error;
  }
}

function klines(exchange: Exchange, context: SourceContext): readonly unknown[] {
  const call = context.env.call;
  const query = context.req.query();
  const unread = Object.keys(query).filter((name) => !KLINES_PARAMETERS.includes(name));
  if (unread.length > 0) {
    const sent = Object.keys(query).length;
    throw new BinanceError(
      -1104,
      `Not all sent parameters were read; read '${sent - unread.length}' parameter(s) but was sent '${sent}'.`,
    );
  }
  const symbol = mandatory(query, "symbol");
  const interval = mandatory(query, "interval");
  if (!/^[A-Z0-9-_.]{1,20}$/.test(symbol)) {
    throw new BinanceError(
      -1100,
      "Illegal characters found in parameter 'symbol'; legal range is '^[A-Z0-9-_.]{1,20}$'.",
    );
  }
  const startMs = timeOf(query, "startTime");
  const endMs = timeOf(query, "endTime");
  const limit = wholeNumberOf(query, "limit") ?? LIMIT_DEFAULT;
  if (limit < 1) {
    throw new BinanceError(-1130, "Data sent for parameter 'limit' is not valid.");
  }
  const grid = GRIDS.get(interval);
  if (grid === undefined) {
    throw new BinanceError(-1120, "Invalid interval.");
  }
  const market = exchange.catalogue.find("binance", symbol);
  if (market === undefined || market.listedMs > call.nowMs) {
    throw new BinanceError(-1121, "Invalid symbol.");
  }
  const range = {
    market,
    grid,
    fromMs: startMs ?? 0,
    // endTime is inclusive.
    toMs: endMs === undefined ? call.nowMs + 1 : endMs + 1,
    nowMs: call.nowMs,
  };
  const data = exchange.candlesFor(call);
  // More than 1000 is no error: the page just has 1000 rows.
  const count = Math.min(limit, LIMIT_MAX);
  const candles =
    startMs === undefined
      ? newestCandles(data, range, count)
      : oldestCandles(data, { ...range, fromMs: openTimeFrom(grid, startMs) }, count);
  const micros = context.req.header("X-MBX-TIME-UNIT")?.toUpperCase() === "MICROSECOND";
  return pageOf(
    call,
    candles.map((candle) => rowOf(candle, grid, micros)),
  );
}

function rowOf(candle: Candle, grid: Grid, micros: boolean): readonly (string | number)[] {
  const closeMs = candle.closeMs ?? shiftOpenTime(grid, candle.openMs, 1) - 1;
  return [
    micros ? candle.openMs * 1000 : candle.openMs,
    formatFixed(candle.open, 8),
    formatFixed(candle.high, 8),
    formatFixed(candle.low, 8),
    formatFixed(candle.close, 8),
    formatFixed(candle.volume, 8),
    micros ? closeMs * 1000 + 999 : closeMs,
    formatFixed(candle.quoteVolume, 8),
    candle.trades,
    formatFixed(candle.takerVolume, 8),
    formatFixed(candle.takerQuoteVolume, 8),
    "0",
  ];
}

function mandatory(query: Readonly<Record<string, string>>, name: string): string {
  const value = query[name];
  if (value === undefined || value === "") {
    throw new BinanceError(
      -1102,
      `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`,
    );
  }
  return value;
}

function wholeNumberOf(query: Readonly<Record<string, string>>, name: string): number | undefined {
  const value = query[name];
  if (value === undefined) {
    return undefined;
  }
  if (!/^[0-9]{1,20}$/.test(value)) {
    throw new BinanceError(
      -1100,
      `Illegal characters found in parameter '${name}'; legal range is '^[0-9]{1,20}$'.`,
    );
  }
  return Number(value);
}

function timeOf(query: Readonly<Record<string, string>>, name: string): number | undefined {
  const time = wholeNumberOf(query, name);
  return time !== undefined && time > MILLISECONDS_MAX ? Math.floor(time / 1000) : time;
}
