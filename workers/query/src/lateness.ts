import type { SeriesRow } from "@candlehouse/shared/d1/read-series";
import { closeTimeOf, newestClosed } from "@candlehouse/shared/core/timeframe";

/** How far a series is behind. */
export interface Lateness {
  /** Open time of the newest candle that is closed now, unix seconds. */
  readonly expected_timestamp: number;
  /**
   * Seconds of closed candles that the series has not got and its source was not asked for. Null
   * where nobody collects it, or where nothing of it is known yet.
   */
  readonly late_seconds: number | null;
}

/**
 * How far `row` is behind at `nowSeconds`. A candle counts from the second its interval ends: the
 * settle delay of the source, a few seconds, is part of what is shown.
 */
export function latenessOf(
  row: Pick<SeriesRow, "timeframe" | "enabled" | "last_timestamp" | "asked_until">,
  nowSeconds: number,
): Lateness {
  const { timeframe, enabled, last_timestamp, asked_until } = row;
  const expected = newestClosed(nowSeconds, timeframe, 0);
  const storedUntil = last_timestamp === null ? null : closeTimeOf(last_timestamp, timeframe);
  if (enabled === 0 || (storedUntil === null && asked_until === null)) {
    return { expected_timestamp: expected, late_seconds: null };
  }
  const progress = Math.max(storedUntil ?? 0, asked_until ?? 0);
  return {
    expected_timestamp: expected,
    late_seconds: Math.max(0, closeTimeOf(expected, timeframe) - progress),
  };
}
