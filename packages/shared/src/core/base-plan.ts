import type { TimeRange } from "./cold-plan.ts";
import { expectedCandles, nests } from "./rollup.ts";
import type { ServedCandle } from "./served-candle.ts";
import {
  closeTimeOf,
  openTimeAtOrAfter,
  openTimeOf,
  timeframeSeconds,
  TIMEFRAMES,
  type Timeframe,
} from "./timeframe.ts";

/** Where a market has stored candles of one timeframe within a range: open times, unix seconds. */
export interface StoredExtent {
  readonly timeframe: Timeframe;
  /** Of the first one; undefined where there is none. */
  readonly first: number | undefined;
  /** Of the last one; undefined where there is none. */
  readonly last: number | undefined;
}

/**
 * The timeframes that candles of `timeframe` can be made of, itself among them, the coarsest first:
 * none is finer than `finest`.
 */
export function baseTimeframes(timeframe: Timeframe, finest: Timeframe | undefined): Timeframe[] {
  const least = finest === undefined ? 0 : timeframeSeconds(finest);
  return TIMEFRAMES.filter(
    (one) => timeframeSeconds(one) >= least && (one === timeframe || nests(one, timeframe)),
  ).toReversed();
}

/** What tells how much of its interval a candle is made of. */
type Held = Pick<ServedCandle, "timestamp" | "missing" | "from">;

/**
 * The stretches of `range` in which `candles` (ascending) are not all there, or not whole: open
 * times of `timeframe`, ascending, none next to another. The range begins at such a time.
 */
export function stretchesLacking(
  candles: readonly Held[],
  range: TimeRange,
  timeframe: Timeframe,
): TimeRange[] {
  const stretches: { from: number; to: number }[] = [];
  const add = (from: number, to: number): void => {
    const last = stretches.at(-1);
    if (last?.to === from) {
      last.to = to;
    } else if (from < to) {
      stretches.push({ from, to });
    }
  };
  let reached = range.from;
  for (const { timestamp, missing = 0 } of candles) {
    const place = openTimeOf(timestamp, timeframe);
    const end = closeTimeOf(place, timeframe);
    add(reached, Math.max(reached, place));
    if (missing > 0) {
      add(place, end);
    }
    reached = Math.max(reached, end);
  }
  add(reached, Math.max(reached, range.to));
  return stretches;
}

/** What of `stretches` lies within `bounds`. */
export function clipStretches(stretches: readonly TimeRange[], bounds: TimeRange): TimeRange[] {
  return stretches.map((one) => clipRange(one, bounds)).filter(({ from, to }) => from < to);
}

/** What `range` and `bounds` have in common; its end is not after its start where that is nothing. */
export function clipRange({ from, to }: TimeRange, bounds: TimeRange): TimeRange {
  return { from: Math.max(from, bounds.from), to: Math.min(to, bounds.to) };
}

/** The range from the first of `ranges` (at least one) to the last, in whole candles. */
export function hullOf(ranges: readonly TimeRange[], timeframe: Timeframe): TimeRange {
  const from = Math.min(...ranges.map((one) => one.from));
  const to = Math.max(...ranges.map((one) => one.to));
  return { from: openTimeOf(from, timeframe), to: alignedUp(to, timeframe) };
}

/** Whether `one` is made of a greater part of its interval than `other`, both of `timeframe`. */
export function holdsMore(one: Held, other: Held, timeframe: Timeframe): boolean {
  const [ours, theirs] = [partHeld(one, timeframe), partHeld(other, timeframe)];
  return ours.held * theirs.all > theirs.held * ours.all;
}

/** A candle that was stored in the timeframe itself is all of its interval. */
function partHeld({ timestamp, missing = 0, from }: Held, timeframe: Timeframe) {
  const all = from === undefined ? 1 : expectedCandles(timestamp, from, timeframe);
  return { held: all - missing, all };
}

/** Candles from the range's start on belong to it by their open time and are whole. */
export function alignedRange({ from, to }: TimeRange, timeframe: Timeframe): TimeRange {
  return { from: alignedUp(from, timeframe), to: alignedUp(to, timeframe) };
}

/** Times that no calendar has are bounds that nothing reaches. */
const CALENDAR_END = Date.UTC(9_999, 11, 1) / 1_000;

/** The first open time at or after `time`. */
export function alignedUp(time: number, timeframe: Timeframe): number {
  return time >= CALENDAR_END ? time : openTimeAtOrAfter(time, timeframe);
}
