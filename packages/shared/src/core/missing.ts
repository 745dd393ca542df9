import type { TimeRange } from "./cold-plan.ts";
import {
  addCandles,
  closeTimeOf,
  countCandles,
  openTimeAtOrAfter,
  type Timeframe,
} from "./timeframe.ts";

const DAY_SECONDS = 86_400;

/** Consecutive open times, unix seconds: `start` is the first one, `end` the one after the last. */
export interface Run {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/**
 * The open times of `timeframe` in `range` that are not among `held`, as runs, oldest first. `held`
 * is ascending; times outside the range or off the grid are passed over.
 */
export function findRuns(held: ArrayLike<number>, range: TimeRange, timeframe: Timeframe): Run[] {
  const runs: Run[] = [];
  const end = openTimeAtOrAfter(range.to, timeframe);
  let expected = openTimeAtOrAfter(range.from, timeframe);
  for (let index = 0; index < held.length && expected < end; index += 1) {
    const time = held[index] ?? 0;
    if (time < expected || openTimeAtOrAfter(time, timeframe) !== time) {
      continue;
    }
    if (time >= end) {
      break;
    }
    if (time > expected) {
      runs.push({ start: expected, end: time });
    }
    expected = closeTimeOf(time, timeframe);
  }
  if (expected < end) {
    runs.push({ start: expected, end });
  }
  return runs;
}

/** How many candles of `timeframe` the runs stand for. */
export function countRuns(runs: readonly Run[], timeframe: Timeframe): number {
  return runs.reduce((sum, { start, end }) => sum + countCandles(start, end, timeframe), 0);
}

/** What of `runs` (ascending, apart) lies in none of `ranges` (in any order), ascending. */
export function subtractRanges(runs: readonly Run[], ranges: readonly Run[]): Run[] {
  const sorted = ranges.toSorted((a, b) => a.start - b.start);
  return runs.flatMap((run) => {
    const left: Run[] = [];
    let { start } = run;
    for (const range of sorted) {
      if (range.start >= run.end) {
        break;
      }
      if (range.start > start) {
        left.push({ start, end: range.start });
      }
      start = Math.max(start, range.end);
    }
    return start < run.end ? [...left, { start, end: run.end }] : left;
  });
}

/** What of `runs` lies in `range`. Both bounds of the range are of the runs' grid. */
export function clipRuns(runs: readonly Run[], range: Run): Run[] {
  return runs.flatMap(({ start, end }) => {
    const clipped = { start: Math.max(start, range.start), end: Math.min(end, range.end) };
    return clipped.start < clipped.end ? [clipped] : [];
  });
}

/** `runs` cut at each of `cuts`, which are brought to the grid: a piece begins at or after its cut. */
export function cutRuns(
  runs: readonly Run[],
  cuts: readonly number[],
  timeframe: Timeframe,
): Run[] {
  const places = cuts.map((cut) => openTimeAtOrAfter(cut, timeframe)).toSorted((a, b) => a - b);
  return runs.flatMap((run) => {
    const pieces: Run[] = [];
    let { start } = run;
    for (const place of places) {
      if (place > start && place < run.end) {
        pieces.push({ start, end: place });
        start = place;
      }
    }
    return [...pieces, { start, end: run.end }];
  });
}

/** Days since 1970-01-01 UTC of the day that holds `seconds`. */
export function dayOf(seconds: number): number {
  return Math.floor(seconds / DAY_SECONDS);
}

/** First second of `day`, unix seconds. */
export function dayStart(day: number): number {
  return day * DAY_SECONDS;
}

/** How many candles of `timeframe` open on `day`: of larger timeframes, none on most days. */
export function candlesOfDay(day: number, timeframe: Timeframe): number {
  return countCandles(dayStart(day), dayStart(day + 1), timeframe);
}

/**
 * `runs` joined where at most `candles` candles lie between them: asking for these once more is
 * cheaper than another request.
 */
export function joinRuns(runs: readonly Run[], candles: number, timeframe: Timeframe): Run[] {
  const joined: Run[] = [];
  for (const run of runs) {
    const last = joined.at(-1);
    if (last !== undefined && addCandles(last.end, timeframe, candles) >= run.start) {
      joined[joined.length - 1] = { start: last.start, end: Math.max(last.end, run.end) };
    } else {
      joined.push(run);
    }
  }
  return joined;
}
