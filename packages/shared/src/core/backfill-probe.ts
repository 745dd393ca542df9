import type { Run } from "./missing.ts";
import { dayOf, dayStart } from "./missing.ts";
import { traitsOf } from "./source-traits.ts";
import type { SourceId } from "./source.ts";
import { openTimeAtOrAfter, timeframeSeconds, type Timeframe } from "./timeframe.ts";

const DAY_SECONDS = 86_400;

/** Shorter ranges are asked for at once: the daily candles would cost as much as they save. */
const PROBED_DAYS_MIN = 4;

/** A hole of fewer days without a daily candle is asked for like any other range. */
const HOLE_DAYS_MIN = 3;

/**
 * The days of `range` whose daily candles tell where `source` has nothing at all; undefined where
 * they would not: of markets that close at night, of daily candles, or of a few days.
 */
export function planProbe(
  source: { readonly id: SourceId; readonly timeframes: readonly Timeframe[] },
  range: Run,
  timeframe: Timeframe,
): Run | undefined {
  const days = {
    start: dayStart(Math.ceil(range.start / DAY_SECONDS)),
    end: dayStart(dayOf(range.end)),
  };
  const isWorthIt =
    timeframeSeconds(timeframe) < DAY_SECONDS &&
    (days.end - days.start) / DAY_SECONDS >= PROBED_DAYS_MIN;
  return isWorthIt && source.timeframes.includes("1d") && !traitsOf(source.id).sessions
    ? days
    : undefined;
}

/**
 * The stretches of `timeframe` in which a source that has no daily candle on the days in `absent`
 * (ascending, apart) has nothing. The days beside a daily candle are asked for all the same.
 */
export function holesOf(absent: readonly Run[], probed: Run, timeframe: Timeframe): Run[] {
  return absent.flatMap((run) => {
    if (run.end - run.start < HOLE_DAYS_MIN * DAY_SECONDS) {
      return [];
    }
    const start = run.start === probed.start ? run.start : run.start + DAY_SECONDS;
    const end = run.end === probed.end ? run.end : run.end - DAY_SECONDS;
    return { start: openTimeAtOrAfter(start, timeframe), end: openTimeAtOrAfter(end, timeframe) };
  });
}
