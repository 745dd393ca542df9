import { realDurationMs, shownTimeMs, type Timekeeper } from "@candlehouse/shared/core/clock";
import type { LivePosition } from "@candlehouse/shared/core/live-position";
import type { Series } from "@candlehouse/shared/core/series";
import { addCandles } from "@candlehouse/shared/core/timeframe";

/** No source's candle is stored sooner after its close: the shortest settle delay there is. */
const SETTLE_SECONDS_MIN = 3;

/** How often a candle is looked for, real milliseconds, while it is so late, real milliseconds. */
const PATIENCE = [
  { lateMs: 60_000, everyMs: 1_000 },
  { lateMs: 600_000, everyMs: 3_000 },
] as const;

/** Where nothing is due, or has not come for long. Late candles are found by it. */
const IDLE_MS = 10_000;

/**
 * How long to wait, in real milliseconds, before the database is asked again for candles of
 * `series` that are not sent at `positions`: until the next candle closes, then each second, then
 * less often the later it is.
 */
export function nextPollMs(
  series: readonly Series[],
  positions: readonly LivePosition[],
  { clock, realNowMs }: Timekeeper,
): number {
  const nowMs = shownTimeMs(clock, realNowMs());
  const waits = series.map(({ timeframe }, index) => {
    const { mark } = positions[index] ?? { mark: 0 };
    // Two on: the next candle's close, which is the open time of the one after it.
    const dueMs = (addCandles(mark, timeframe, 2) + SETTLE_SECONDS_MIN) * 1_000;
    const lateMs = realDurationMs(clock, nowMs - dueMs);
    if (lateMs < 0) {
      return Math.min(-lateMs, IDLE_MS);
    }
    return PATIENCE.find((stage) => lateMs < stage.lateMs)?.everyMs ?? IDLE_MS;
  });
  return Math.ceil(Math.min(...waits));
}
