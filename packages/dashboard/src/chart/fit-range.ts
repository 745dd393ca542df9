import { addCandles, openTimeOf, type Timeframe } from "@candlehouse/shared/core/timeframe";
import type { TimeRange } from "./chart-place.ts";

/**
 * The end of `range` that there is room for, which is `most` candles; of one that goes beyond now,
 * what ends now. A range that begins later than now is left as it is.
 */
export function fitRange(
  range: TimeRange,
  timeframe: Timeframe,
  most: number,
  nowSeconds: number,
): TimeRange {
  const end = range.start < nowSeconds ? Math.min(range.end, nowSeconds) : range.end;
  const earliest = addCandles(openTimeOf(end, timeframe), timeframe, -most);
  return earliest <= range.start ? range : { start: earliest, end };
}
