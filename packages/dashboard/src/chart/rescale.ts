import { timeframeSeconds, type Timeframe } from "@candlehouse/shared/core/timeframe";
import type { ChartState, TimeRange } from "./chart-place.ts";

/**
 * What is to be seen in timeframe `to` where `shown` is seen in timeframe `from`: as many candles
 * around the same time. At the newest candle it stays there, and where that is among them it goes
 * there.
 */
export function rescale(
  { range, count }: Pick<ChartState, "range" | "count">,
  shown: TimeRange | null,
  from: Timeframe,
  to: Timeframe,
  nowSeconds: number,
): Pick<ChartState, "range" | "count"> {
  const seen = shown ?? range;
  if (range === null || seen === null || from === to) {
    return { range, count };
  }
  const middle = (seen.start + seen.end) / 2;
  const half = ((seen.end - seen.start) / 2) * (timeframeSeconds(to) / timeframeSeconds(from));
  if (middle + half > nowSeconds) {
    return { range: null, count: Math.ceil((2 * half) / timeframeSeconds(to)) };
  }
  return {
    range: { start: Math.round(middle - half), end: Math.round(middle + half) },
    count: null,
  };
}
