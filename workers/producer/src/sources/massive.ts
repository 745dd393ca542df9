import type { Candle } from "@candlehouse/shared/core/candle";
import { splitSymbol } from "@candlehouse/shared/core/symbol";
import { openTimeOf, type Timeframe } from "@candlehouse/shared/core/timeframe";
import {
  countRequested,
  readObject,
  readOpenTime,
  selectCandles,
  unreadable,
} from "./candle-rows.ts";
import {
  massiveDate,
  MASSIVE_ACCESS,
  massiveHeaders,
  readBars,
  readMassiveError,
  toMassiveCandle,
} from "./massive-bars.ts";
import { massiveGrouped } from "./massive-grouped.ts";
import type { HttpAnswer, Source } from "./source.ts";

/**
 * https://massive.com/docs/rest/stocks/aggregates/custom-bars: `limit` counts the bars that those of
 * an answer are made of, which are minutes for hours too, and what is more is cut off. Massive itself
 * says to ask for a month at most.
 */
const BASE_BARS_MAX = 50_000;
const BARS_MAX = 720;
const LONGER_PAGES = { "1m": 40_000, "5m": 8_000, "15m": 2_600, "30m": 1_300 } as const;

/**
 * Multiplier and span of a bar. What is longer is left out: bars of several hours count from the
 * midnight of New York, which is no place of this system's grid, and weeks begin on Sunday.
 */
const SPANS: Readonly<Partial<Record<Timeframe, string>>> = {
  "1m": "1/minute",
  "5m": "5/minute",
  "15m": "15/minute",
  "30m": "30/minute",
  "1h": "1/hour",
  "1d": "1/day",
};

/** Where New York's midnight lies in the day of UTC with the same date: in summer and in winter. */
const NEW_YORK_MIDNIGHTS: readonly number[] = [4 * 3_600, 5 * 3_600];

/**
 * Massive, once Polygon.io: US stocks on all exchanges, as they were traded, before any split. A
 * ticker that it does not know, and one that did not trade, get the same empty answer.
 */
export const massive: Source = {
  ...MASSIVE_ACCESS,
  timeframes: ["1m", "5m", "15m", "30m", "1h", "1d"],
  candlesPerRequest: BARS_MAX,
  longerPages: LONGER_PAGES,
  newestOnly: null,
  // A request that lies wholly before what the plan includes is refused; one across it is not.
  cutsAtReach: true,
  hosts: ["api.massive.com"],
  // Paid plans do not count calls. The free one allows five a minute, and refuses the others.
  rate: { burst: 10, perSecond: 5, requestWeight: 1, weightPerMinuteMax: null },
  requestsPerMinute: 240,
  trades: null,
  grouped: massiveGrouped,

  nativeSymbol(symbol) {
    const { base, quote } = splitSymbol(symbol);
    return quote === "USD" ? base : undefined;
  },

  toHttpRequest(request, host, key) {
    countRequested(massive, request);
    const { nativeSymbol, timeframe, start, end } = request;
    // Both bounds are inclusive, and moved outward to whole bars. A date is one of New York.
    const bounds =
      timeframe === "1d"
        ? `${massiveDate(start)}/${massiveDate(end - 1)}`
        : `${start * 1_000}/${end * 1_000 - 1}`;
    return {
      host,
      path: `/v2/aggs/ticker/${encodeURIComponent(nativeSymbol)}/range/${SPANS[timeframe]}/${bounds}`,
      // Adjusted candles become others at each split.
      query: { adjusted: "false", sort: "asc", limit: String(BASE_BARS_MAX) },
      headers: massiveHeaders(key),
    };
  },

  readError: readMassiveError,

  parseCandles(request, answer) {
    const rows = readBars(answer).map((row) => toCandle(answer, row, request.timeframe));
    return selectCandles(massive, request, answer, rows);
  },

  usedWeight() {
    return undefined;
  },
};

function toCandle(answer: HttpAnswer, raw: unknown, timeframe: Timeframe): Candle {
  const bar = readObject("massive", raw);
  const openTime = readOpenTime("massive", answer, Number(bar["t"]) / 1_000);
  return toMassiveCandle(bar, timeframe === "1d" ? dateTime(openTime) : openTime);
}

/** 00:00 UTC of the date whose midnight in New York is `openTime`; unix seconds. */
function dateTime(openTime: number): number {
  const timestamp = openTimeOf(openTime, "1d");
  if (!NEW_YORK_MIDNIGHTS.includes(openTime - timestamp)) {
    throw unreadable("massive", "t", openTime, "midnight in New York");
  }
  return timestamp;
}
