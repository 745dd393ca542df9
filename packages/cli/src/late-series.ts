import { isTimeframe, timeframeSeconds } from "@candlehouse/shared/core/timeframe";
import type { SeriesEntry } from "./answers/series.ts";

/** A source may publish a candle some minutes after it closed: that is not late yet. */
const PATIENCE_SECONDS = 600;

/** Whether a collected series is two candles late or more, or its source refuses it. */
export function isTroubled({
  enabled,
  late_seconds,
  failure_count,
  timeframe,
}: SeriesEntry): boolean {
  const step = isTimeframe(timeframe) ? timeframeSeconds(timeframe) : 0;
  const isLate = (late_seconds ?? 0) >= Math.max(2 * step, PATIENCE_SECONDS);
  return enabled && (isLate || failure_count > 0);
}
