import { isYearly } from "../core/partition.ts";
import type { Series } from "../core/series.ts";
import { isCountedDaily } from "./coverage-rows.ts";

/** A series, and the days of it that are asked about: whole ones, since 1970-01-01 UTC. */
export interface DayRange {
  readonly series: Series;
  /** Inclusive. */
  readonly fromDay: number;
  /** Exclusive. */
  readonly toDay: number;
  /** Exclusive, unix seconds, on the last day: the end of what is counted, where that day is not over. */
  readonly until: number;
}

/** Seconds of a day, in the SQL of this folder. */
export const DAY = 86_400;

/** First day of a file's partition. */
export const FIRST_DAY = `(unixepoch(iif(length(f.partition) = 4, f.partition || '-01-01', f.partition || '-01')) / ${DAY})`;

/** The ranges of `rangesJson`, as the table `r`. MATERIALIZED: a name is read out of the JSON once a range. */
export const RANGES = `
r (position, source, symbol, timeframe, from_day, to_day, unit, counted, until) AS MATERIALIZED (
  SELECT key, value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6,
    value->>7
  FROM json_each(?1))`;

/** The hot days of each range: from its oldest hot candle to its newest one. */
export const HOT_DAYS = `
bounds (position, source, symbol, timeframe, unit, counted, until, first, last) AS MATERIALIZED (
  SELECT position, source, symbol, timeframe, unit, counted, until,
    (SELECT MIN(timestamp) FROM price_data AS p WHERE p.source = r.source AND p.symbol = r.symbol
      AND p.timeframe = r.timeframe AND p.timestamp >= r.from_day * ${DAY}),
    (SELECT MAX(timestamp) FROM price_data AS p WHERE p.source = r.source AND p.symbol = r.symbol
      AND p.timeframe = r.timeframe AND p.timestamp < r.until)
  FROM r),
days (position, source, symbol, timeframe, unit, counted, until, day, last_day, cold_until) AS (
  SELECT position, source, symbol, timeframe, unit, counted, until, first / ${DAY}, last / ${DAY},
    (SELECT last_timestamp / ${DAY} FROM archive_files AS f WHERE f.source = bounds.source
      AND f.symbol = bounds.symbol AND f.timeframe = bounds.timeframe AND f.state = 'current'
      ORDER BY f.partition DESC LIMIT 1)
  FROM bounds WHERE first <= last
  UNION ALL
  SELECT position, source, symbol, timeframe, unit, counted, until, day + 1, last_day, cold_until
  FROM days WHERE day < last_day)`;

/** Hot candles of a day: those counted when it was over, or the rows of the key. */
export const HOT_OF_DAY = `
COALESCE(
  iif(counted, (SELECT c.candles FROM coverage AS c WHERE c.source = days.source
    AND c.symbol = days.symbol AND c.timeframe = days.timeframe AND c.day = days.day), NULL),
  (SELECT COUNT(*) FROM price_data AS p WHERE p.source = days.source AND p.symbol = days.symbol
    AND p.timeframe = days.timeframe AND p.timestamp >= days.day * ${DAY}
    AND p.timestamp < MIN(days.until, (days.day + 1) * ${DAY})))`;

/** What RANGES takes as its parameter. */
export function rangesJson(ranges: readonly DayRange[]): string {
  return JSON.stringify(
    ranges.map(({ series: { source, symbol, timeframe }, fromDay, toDay, until }) => [
      source,
      symbol,
      timeframe,
      fromDay,
      toDay,
      isYearly(timeframe) ? "year" : "month",
      Number(isCountedDaily(timeframe)),
      until,
    ]),
  );
}
