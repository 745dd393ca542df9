import { PayloadTooLargeError } from "@candlehouse/shared/core/errors";
import { PAGE_CANDLES_DEFAULT, pageLimitOf } from "@candlehouse/shared/core/query-plan";

/** Most values in a page, over all its series: up to 27 MB of JSON, twice in memory as it is made. */
export const PAGE_VALUES_MAX = 600_000;

/**
 * Most values in a Parquet file of an answer, which the isolate holds: of stored candles, a year of
 * minutes. A value that no double holds counts as TEXT_VALUES.
 */
export const PARQUET_VALUES_MAX = 4_240_000;
export const TEXT_VALUES = 6;

/** Most candles of each of `series` series in a page, where each candle has `columns` values. */
export function pageCandlesMost(series: number, columns: number): number {
  return Math.min(pageLimitOf(series), Math.floor(PAGE_VALUES_MAX / (series * columns)));
}

/**
 * The limit of a page of `series` series whose candles have `columns` values each. Throws
 * PayloadTooLargeError where the `limit` that is asked for is beyond the most.
 */
export function checkLimit(limit: number | undefined, series: number, columns: number): number {
  const most = pageCandlesMost(series, columns);
  if (limit !== undefined && limit > most) {
    throw new PayloadTooLargeError(
      `limit ${limit} is more than a page holds: up to ${most} candles of ${columns} values for each of ${series} series; take limit=${most} and follow next_cursor, or leave limit out and take the whole range with format=csv, ndjson, parquet or arrow`,
    );
  }
  return limit ?? Math.min(PAGE_CANDLES_DEFAULT, most);
}
