import { Hono } from "hono";
import {
  jsonAnswer,
  pageOf,
  type Exchange,
  type SimulatorEnv,
  type SourceContext,
  type SourceRoutes,
} from "../exchange.ts";
import { DAY_MS, everyMs, MINUTE_MS, openTimeFrom, type Grid } from "../interval.ts";
import type { Market } from "../market/catalogue.ts";
import { newYorkDay } from "../market/stock-sessions.ts";
import { createWindowCounter } from "../rate-limit.ts";
import { barOf, sessionCandle, type Bar } from "./stock-bars.ts";

const GRIDS: ReadonlyMap<string, Grid> = new Map(
  [1, 5, 15, 30, 60].map((minutes) => [String(minutes), everyMs(minutes * MINUTE_MS)]),
);

/** The key of a plan without stock candles; every other key has them. */
const FREE_KEY = "free";
const CALLS_PER_MINUTE = 300;
/** Of a longer range the newest part is given, without a word. */
const RANGE_MS_MAX = 31 * DAY_MS;

/** finnhub.io: stock candles, for keys that have them. */
export function finnhubRoutes(exchange: Exchange): SourceRoutes {
  const routes = new Hono<SimulatorEnv>();
  const minute = createWindowCounter(MINUTE_MS);
  routes.use(async (context, next) => {
    const { nowMs } = context.env.call;
    const key = context.req.header("X-Finnhub-Token") ?? context.req.query("token") ?? "";
    if (key === "") {
      return jsonAnswer({ error: "Please use an API key." }, 401);
    }
    if (key === FREE_KEY) {
      return jsonAnswer({ error: "You don't have access to this resource." }, 403);
    }
    const used = minute.add(nowMs, 1);
    const headers = {
      "X-Ratelimit-Limit": String(CALLS_PER_MINUTE),
      "X-Ratelimit-Remaining": String(Math.max(0, CALLS_PER_MINUTE - used)),
      "X-Ratelimit-Reset": String(Math.ceil((nowMs + minute.leftMs(nowMs)) / 1_000)),
    };
    if (used > CALLS_PER_MINUTE) {
      const error = "API limit reached. Please try again later. Remaining Limit: 0";
      return jsonAnswer({ error }, 429, headers);
    }
    await next();
    for (const [name, value] of Object.entries(headers)) {
      context.res.headers.set(name, value);
    }
    return undefined;
  });
  routes.get("/api/v1/stock/candle", (context) => candles(exchange, context));
  routes.all("*", () => jsonAnswer({ error: "Not found" }, 404));
  return routes;
}

function candles(exchange: Exchange, context: SourceContext): Response {
  const { symbol = "", resolution = "", from = "", to = "" } = context.req.query();
  const grid = GRIDS.get(resolution);
  if (symbol === "" || !/^\d+$/.test(from) || !/^\d+$/.test(to)) {
    return jsonAnswer({ error: "Parameters symbol, from and to are needed." }, 422);
  }
  if (grid === undefined && resolution !== "D") {
    return jsonAnswer({ error: "Wrong resolution." }, 422);
  }
  const market = exchange.catalogue.find("finnhub", symbol);
  const [fromMs, toMs] = [Number(from) * 1_000, Number(to) * 1_000];
  // A ticker that nobody knows has no candles, and that is no error.
  if (market === undefined) {
    return columns([]);
  }
  const bars =
    grid === undefined
      ? dailyBars(exchange, context, market, fromMs, toMs)
      : shortBars(exchange, context, market, grid, fromMs, toMs);
  return columns(pageOf(context.env.call, bars));
}

/** Bounds are inclusive. */
function shortBars(
  exchange: Exchange,
  context: SourceContext,
  market: Market,
  grid: Grid,
  fromMs: number,
  toMs: number,
): readonly Bar[] {
  const call = context.env.call;
  const firstMs = openTimeFrom(grid, Math.max(fromMs, toMs - RANGE_MS_MAX));
  return exchange
    .candlesFor(call)
    .candles({ market, grid, fromMs: firstMs, toMs: toMs + 1, nowMs: call.nowMs })
    .map((candle) => barOf(candle, market, candle.openMs, false));
}

/** Days are adjusted for splits, and carry the midnight of their date in UTC. */
function dailyBars(
  exchange: Exchange,
  context: SourceContext,
  market: Market,
  fromMs: number,
  toMs: number,
): readonly Bar[] {
  const call = context.env.call;
  const bars: Bar[] = [];
  const lastDay = Math.min(Math.floor(toMs / DAY_MS), newYorkDay(call.nowMs));
  for (let day = Math.ceil(fromMs / DAY_MS); day <= lastDay; day += 1) {
    const candle = sessionCandle(exchange, call, market, day);
    if (candle !== undefined) {
      bars.push(barOf(candle, market, day * DAY_MS, true));
    }
  }
  return bars;
}

/** A column for each field, or the word that there is nothing. */
function columns(bars: readonly Bar[]): Response {
  return bars.length === 0
    ? jsonAnswer({ s: "no_data" })
    : jsonAnswer({
        c: bars.map((bar) => bar.c),
        h: bars.map((bar) => bar.h),
        l: bars.map((bar) => bar.l),
        o: bars.map((bar) => bar.o),
        s: "ok",
        t: bars.map((bar) => bar.t / 1_000),
        v: bars.map((bar) => bar.v),
      });
}
