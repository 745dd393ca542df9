import { Hono } from "hono";
import {
  jsonAnswer,
  pageOf,
  type Exchange,
  type SimulatorEnv,
  type SourceContext,
  type SourceRoutes,
} from "../exchange.ts";
import { DAY_MS, EVERY_MINUTE, everyMs, HOUR_MS, MINUTE_MS, openTimeOf } from "../interval.ts";
import type { Market } from "../market/catalogue.ts";
import { oldestCandles } from "../market/paging.ts";
import { CLOSING_BELL_MS, newYorkDay, newYorkMidnightMs } from "../market/stock-sessions.ts";
import { barOf, sessionCandle, type Bar } from "./stock-bars.ts";
import { limitCalls, massiveError, planRefusal, planStartMs, requestId } from "./massive-limits.ts";

const LIMIT_DEFAULT = 5_000;
const LIMIT_MAX = 50_000;

/** Bars within an hour, which begin at whole multiples of their length, by multiplier and span. */
const STEPS_MS: ReadonlyMap<string, number> = new Map([
  ...[1, 2, 3, 5, 10, 15, 30].map((minutes) => [`${minutes}/minute`, minutes * MINUTE_MS] as const),
  ["1/hour", HOUR_MS],
]);

/** Open times from `fromMs` up to, without, `toMs`. */
interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

/** api.massive.com: stocks. */
export function massiveRoutes(exchange: Exchange): SourceRoutes {
  const routes = new Hono<SimulatorEnv>();
  routes.use(limitCalls());
  routes.get("/v2/aggs/ticker/:ticker/range/:multiplier/:span/:from/:to", (context) =>
    range(exchange, context),
  );
  routes.get("/v2/aggs/grouped/locale/us/market/stocks/:date", (context) =>
    grouped(exchange, context),
  );
  routes.all("*", () => massiveError(404, "Not Found"));
  return routes;
}

function range(exchange: Exchange, context: SourceContext): Response {
  const { ticker = "", multiplier = "", span = "", from = "", to = "" } = context.req.param();
  const [fromMs, toMs] = [timeOf(from), timeOf(to)];
  const limit = Number(context.req.query("limit") ?? LIMIT_DEFAULT);
  const stepMs = span === "day" ? DAY_MS : STEPS_MS.get(`${multiplier}/${span}`);
  if (fromMs === undefined || toMs === undefined || fromMs > toMs) {
    return massiveError(400, `Could not parse the time parameter: 'from' ${from}, 'to' ${to}.`);
  }
  if (stepMs === undefined || (span === "day" && multiplier !== "1")) {
    return massiveError(400, `Range ${multiplier}/${span} is not simulated.`);
  }
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    return massiveError(400, `'limit' must be from 1 to ${LIMIT_MAX}.`);
  }
  // A date as `to` means all of it.
  const lastMs = isDate(to) ? newYorkMidnightMs(newYorkDay(toMs) + 1) - 1 : toMs;
  const { nowMs } = context.env.call;
  const refusal = planRefusal(context, lastMs, newYorkMidnightMs(newYorkDay(nowMs)));
  if (refusal !== undefined) {
    return refusal;
  }
  const asked = { fromMs: planStartMs(context, fromMs), toMs: lastMs };
  const market = exchange.catalogue.find("massive", ticker);
  const barsOf = span === "day" ? dailyBars : shortBars;
  // A ticker that nobody knows has no bars, and that is no error.
  const { bars, isCut } =
    market === undefined
      ? { bars: [], isCut: false }
      : barsOf(exchange, context, market, asked, stepMs, limit);
  const sorted = context.req.query("sort") === "desc" ? bars.toReversed() : bars;
  const path = new URL(context.req.url).pathname.replace(/^\/[^/]+/, "");
  return envelope(context, sorted, {
    ticker,
    ...(isCut ? { next_url: `https://api.massive.com${path}?cursor=${requestId()}` } : {}),
  });
}

interface Bars {
  readonly bars: readonly Bar[];
  readonly isCut: boolean;
}

function dailyBars(
  exchange: Exchange,
  context: SourceContext,
  market: Market,
  asked: Range,
  _stepMs: number,
  limit: number,
): Bars {
  const call = context.env.call;
  const bars: Bar[] = [];
  const lastDay = newYorkDay(Math.min(asked.toMs, call.nowMs));
  for (let day = newYorkDay(asked.fromMs); day <= lastDay; day += 1) {
    const candle = sessionCandle(exchange, call, market, day);
    if (candle !== undefined && bars.length === limit) {
      return { bars, isCut: true };
    }
    if (candle !== undefined) {
      bars.push(barOf(candle, market, newYorkMidnightMs(day), isAdjusted(context)));
    }
  }
  return { bars, isCut: false };
}

/** Minutes and hours. `limit` counts the minutes that they are made of. */
function shortBars(
  exchange: Exchange,
  context: SourceContext,
  market: Market,
  asked: Range,
  stepMs: number,
  limit: number,
): Bars {
  const call = context.env.call;
  const grid = everyMs(stepMs);
  const data = exchange.candlesFor(call);
  // Both bounds are moved outward to whole bars.
  const fromMs = openTimeOf(grid, asked.fromMs);
  let toMs = openTimeOf(grid, asked.toMs) + stepMs;
  const minutes = { market, grid: EVERY_MINUTE, fromMs, toMs, nowMs: call.nowMs };
  const isLong = (toMs - fromMs) / MINUTE_MS > limit;
  const beyond = isLong ? oldestCandles(data, minutes, limit + 1)[limit] : undefined;
  toMs = beyond?.openMs ?? toMs;
  const bars = data
    .candles({ market, grid, fromMs, toMs, nowMs: call.nowMs })
    .map((candle) => barOf(candle, market, candle.openMs, isAdjusted(context)));
  return { bars, isCut: beyond !== undefined };
}

/** A day of all stocks; `t` is its end. */
function grouped(exchange: Exchange, context: SourceContext): Response {
  const date = context.req.param("date") ?? "";
  const dateMs = timeOf(date);
  if (!isDate(date) || dateMs === undefined) {
    return massiveError(400, `Could not parse the path parameter 'date' ${date}.`);
  }
  const call = context.env.call;
  const day = newYorkDay(dateMs);
  const todayMs = newYorkMidnightMs(newYorkDay(call.nowMs));
  const refusal = planRefusal(context, newYorkMidnightMs(day + 1), todayMs);
  if (refusal !== undefined) {
    return refusal;
  }
  const endMs = newYorkMidnightMs(day) + CLOSING_BELL_MS;
  const bars = exchange.catalogue.of("massive").flatMap((market) => {
    const candle = sessionCandle(exchange, call, market, day);
    return candle === undefined
      ? []
      : [{ T: market.symbol, ...barOf(candle, market, endMs, isAdjusted(context)) }];
  });
  return envelope(context, bars, {});
}

/** The answer around `bars`; without any, `results` is not there at all. */
function envelope(
  context: SourceContext,
  bars: readonly Bar[],
  more: Readonly<Record<string, string>>,
): Response {
  const { ticker, ...rest } = more;
  const sent = pageOf(context.env.call, bars);
  return jsonAnswer({
    ...(ticker === undefined ? {} : { ticker }),
    queryCount: sent.length,
    resultsCount: sent.length,
    adjusted: isAdjusted(context),
    ...(sent.length === 0 ? {} : { results: sent }),
    status: "OK",
    request_id: requestId(),
    count: sent.length,
    ...rest,
  });
}

function isAdjusted(context: SourceContext): boolean {
  return context.req.query("adjusted") !== "false";
}

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text);
}

/** Milliseconds, or the midnight with which a date begins in New York. */
function timeOf(text: string): number | undefined {
  if (/^\d{12,13}$/.test(text)) {
    return Number(text);
  }
  const midnightMs = isDate(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(midnightMs) ? undefined : newYorkMidnightMs(midnightMs / DAY_MS);
}
