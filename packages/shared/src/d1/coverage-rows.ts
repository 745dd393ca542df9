import type { Candle } from "../core/candle.ts";
import { dayOf, dayStart } from "../core/missing.ts";
import type { Series } from "../core/series.ts";
import type { StoreCandle } from "../core/store-plan.ts";
import { isTimeframe, timeframeSeconds } from "../core/timeframe.ts";

/** A day of a series, in days since 1970-01-01 UTC. */
export interface SeriesDay {
  readonly source: string;
  readonly symbol: string;
  readonly timeframe: string;
  readonly day: number;
}

/**
 * Hot candles of these timeframes are counted a day once it is over. Of larger ones a day has 24 at
 * most, which the key counts as fast as a row is read.
 */
export function isCountedDaily(timeframe: string): boolean {
  return isTimeframe(timeframe) && timeframeSeconds(timeframe) < COUNTED_BELOW_SECONDS;
}

const COUNTED_BELOW_SECONDS = 3_600;

/** The days before the one of `nowSeconds` that some of `candles` belong to, each once. */
export function lateDaysOf(candles: readonly StoreCandle[], nowSeconds: number): SeriesDay[] {
  const today = dayStart(dayOf(nowSeconds));
  const days = new Map<string, SeriesDay>();
  for (const { source, candle } of candles) {
    const [symbol, timeframe, timestamp] = candle;
    // Nearly every candle is of today: this is all that they cost.
    if (timestamp < today && isCountedDaily(timeframe)) {
      const day = dayOf(timestamp);
      days.set(`${source} ${symbol} ${timeframe} ${day}`, { source, symbol, timeframe, day });
    }
  }
  return [...days.values()];
}

const FORGET = `
DELETE FROM coverage WHERE (source, symbol, timeframe, day) IN (
  SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each(?1))`;

/** The statement that takes `days` out of the coverage, for a transaction that changes them. */
export function forgetCoverage(db: D1Database, days: readonly SeriesDay[]): D1PreparedStatement {
  const rows = days.map(({ source, symbol, timeframe, day }) => [source, symbol, timeframe, day]);
  return db.prepare(FORGET).bind(JSON.stringify(rows));
}

/** The days of `candles` of `series`, each once. */
export function daysOf(series: Series, candles: readonly Candle[]): SeriesDay[] {
  const days = new Set(candles.map(({ timestamp }) => dayOf(timestamp)));
  return [...days].map((day) => ({ ...series, day }));
}
