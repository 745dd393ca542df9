import type { Candle } from "@candlehouse/shared/core/candle";
import { SourceAnswerError } from "@candlehouse/shared/core/errors";
import { readObject, readOpenTime, selectCandles, unreadable } from "./candle-rows.ts";
import {
  massiveDate,
  MASSIVE_ACCESS,
  massiveHeaders,
  readBars,
  toMassiveCandle,
} from "./massive-bars.ts";
import type { CandleRequest, GroupedDays, HttpAnswer } from "./source.ts";

const DAY_SECONDS = 86_400;

/** A date of New York ends five hours after that of UTC at the latest. */
const NEW_YORK_BEHIND_SECONDS_MAX = 5 * 3_600;

/**
 * https://massive.com/docs/rest/stocks/aggregates/daily-market-summary: one request a day for all
 * stocks. The bars are those of the daily range, but for `t`, which is the END of the session here.
 */
export const massiveGrouped: GroupedDays = {
  toGroupedRequest(day, host, key) {
    return {
      host,
      path: `/v2/aggs/grouped/locale/us/market/stocks/${massiveDate(day * DAY_SECONDS)}`,
      query: { adjusted: "false" },
      headers: massiveHeaders(key),
    };
  },

  parseGrouped(day, answer, wanted) {
    if (!isClosed(day, answer)) {
      // It may be a second off by the source's own clock: what is in the answer is no whole day.
      throw new SourceAnswerError(`massive has not closed ${massiveDate(day * DAY_SECONDS)} yet`);
    }
    const candles = new Map<string, Candle>();
    const bars = readBars(answer);
    for (const raw of bars) {
      const bar = readObject("massive", raw);
      const ticker = bar["T"];
      if (typeof ticker !== "string" || ticker === "" || candles.has(ticker)) {
        throw unreadable("massive", "ticker", ticker, "a ticker that is there once");
      }
      refuseOtherDay(day, answer, bar["t"]);
      if (wanted.has(ticker)) {
        candles.set(ticker, toMassiveCandle(bar, day * DAY_SECONDS));
      }
    }
    return { candles, markets: bars.length };
  },
};

function refuseOtherDay(day: number, answer: HttpAnswer, endMs: unknown): void {
  const end = readOpenTime("massive", answer, Number(endMs) / 1_000);
  const start = day * DAY_SECONDS;
  if (end <= start || end > start + DAY_SECONDS + NEW_YORK_BEHIND_SECONDS_MAX) {
    throw unreadable("massive", "t", endMs, `the end of a session of ${massiveDate(start)}`);
  }
}

/** Whether the day has closed and settled: by the same rule as any candle. */
function isClosed(day: number, answer: HttpAnswer): boolean {
  const start = day * DAY_SECONDS;
  const request: CandleRequest = {
    symbol: "",
    nativeSymbol: "",
    timeframe: "1d",
    start,
    end: start + DAY_SECONDS,
  };
  const { coveredEnd } = selectCandles(MASSIVE_ACCESS, request, answer, []);
  return coveredEnd > start;
}
