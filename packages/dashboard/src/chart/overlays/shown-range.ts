import { countCandles, openTimeOf, timeframeSeconds } from "@candlehouse/shared/core/timeframe";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";

import type { TimeRange } from "../chart-place.ts";

/** What to ask for, and where to look. Ranges are open times in unix seconds, their ends exclusive. */

/** Least length of what is asked for at once, in candles. */
const CANDLES_MIN = 256;

/**
 * The range to ask for where `shown` is seen: as long as one or two of the smallest power of two of
 * candles that hold it, and begun at a multiple of that. So small motions ask for nothing new, and what
 * was seen before is asked for in the same words.
 */
export function roundRange(shown: TimeRange, timeframe: Timeframe): TimeRange {
  const candle = timeframeSeconds(timeframe);
  const candles = Math.max(CANDLES_MIN, (shown.end - shown.start) / candle);
  const length = 2 ** Math.ceil(Math.log2(candles)) * candle;
  return {
    start: Math.max(0, Math.floor(shown.start / length) * length),
    end: Math.ceil(shown.end / length) * length,
  };
}

/** How many candles of `timeframe` open in `range`. */
export function candlesIn({ start, end }: TimeRange, timeframe: Timeframe): number {
  return countCandles(openTimeOf(start, timeframe), end, timeframe);
}

/** Whether the two have a time in common. */
export function overlaps(one: TimeRange, other: TimeRange): boolean {
  return one.start < other.end && other.start < one.end;
}

/** `range` in the middle of a view that shows some of what is around it, at least `candles` long. */
export function viewAround(
  { start, end }: TimeRange,
  timeframe: Timeframe,
  candles: number,
): TimeRange {
  const around = Math.max((end - start) * 2, candles * timeframeSeconds(timeframe));
  const middle = (start + end) / 2;
  return {
    start: openTimeOf(Math.max(0, middle - around / 2), timeframe),
    end: openTimeOf(middle + around / 2, timeframe),
  };
}
