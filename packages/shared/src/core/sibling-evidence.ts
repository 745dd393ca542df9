import { countRuns, subtractRanges, type Run } from "./missing.ts";
import { traitsOf } from "./source-traits.ts";
import type { Series } from "./series.ts";
import { addCandles, countCandles, timeframeSeconds, type Timeframe } from "./timeframe.ts";

const DAY_SECONDS = 86_400;

/** How far around a run siblings are looked at: as many candles, or a day where that is longer. */
const AROUND_CANDLES = 48;

/**
 * A sibling was collected up to a run, and from its end on, where it has one of so many candles there;
 * of so many that it would have, where quiet times have none.
 */
const BESIDE_CANDLES = 3;

/** Siblings that are asked at most. */
export const SIBLINGS_MAX = 5;

/** Other series of the source in the same timeframe, around a run and in it, taken together. */
export interface SiblingEvidence {
  /** Series that were collected around the run. */
  readonly series: number;
  /** Candles that they would have in the run, going by what they have around it. */
  readonly expected: number;
  /** Candles that they have in it. */
  readonly found: number;
}

/** The stretches in which siblings are looked at. */
export interface SiblingWindows {
  readonly before: Run;
  /** The run, or its beginning where it is long. */
  readonly within: Run;
  readonly after: Run;
}

/** Where siblings are looked at for `run`, in `timeframe`: bounded, however long it is. */
export function siblingWindows({ start, end }: Run, timeframe: Timeframe): SiblingWindows {
  const candles = Math.max(AROUND_CANDLES, Math.ceil(DAY_SECONDS / timeframeSeconds(timeframe)));
  return {
    before: { start: addCandles(start, timeframe, -candles), end: start },
    within: { start, end: Math.min(end, addCandles(start, timeframe, 2 * candles)) },
    after: { start: end, end: addCandles(end, timeframe, candles) },
  };
}

/** One sibling, as far as it is evidence. */
export interface Sibling {
  /** Open times that it holds, ascending. */
  readonly held: ArrayLike<number>;
  /** What the source was asked for of it, and answered. In any order. */
  readonly answered: readonly Run[];
}

/**
 * What siblings say of a run. A sibling counts where it was collected around the run: it has candles
 * before it, and in or after it. What it lacks within counts as silence only where somebody looked:
 * where the source answered for it, or where collection went on up to the run and from its end on, so
 * that it lacks this very run. Of the rest only the candles count that it has.
 */
export function siblingEvidence(
  siblings: readonly Sibling[],
  windows: SiblingWindows,
  { source, timeframe }: Pick<Series, "source" | "timeframe">,
): SiblingEvidence {
  const { before, within, after } = windows;
  // Such a source has a candle for each interval.
  const isFlat = traitsOf(source).quiet === "flat";
  let [series, expected, found] = [0, 0, 0];
  for (const { held, answered } of siblings) {
    const heldBefore = countWithin(held, before);
    const heldWithin = countWithin(held, within);
    const heldAfter = countWithin(held, after);
    if (heldBefore === 0 || heldWithin + heldAfter === 0) {
      continue;
    }
    // Where the run reaches to the present, what lies after it is not there yet.
    const slots = slotsOf(before, timeframe) + (heldAfter > 0 ? slotsOf(after, timeframe) : 0);
    const density = isFlat ? 1 : (heldBefore + heldAfter) / slots;
    const unseen = isCollectedAround(held, windows, Math.ceil(BESIDE_CANDLES / density), timeframe)
      ? []
      : subtractRanges([within], answered);
    const heldUnseen = unseen.reduce((sum, run) => sum + countWithin(held, run), 0);
    const due = density * (slotsOf(within, timeframe) - countRuns(unseen, timeframe)) + heldUnseen;
    if (due > 0) {
      series += 1;
      expected += due;
      found += heldWithin;
    }
  }
  return { series, expected: Math.round(expected * 10) / 10, found };
}

/** Whether `held` has one of the last `candles` candles before the run, and of the first after it. */
function isCollectedAround(
  held: ArrayLike<number>,
  { before, after }: SiblingWindows,
  candles: number,
  timeframe: Timeframe,
): boolean {
  const last = { start: addCandles(before.end, timeframe, -candles), end: before.end };
  const next = { start: after.start, end: addCandles(after.start, timeframe, candles) };
  return countWithin(held, last) > 0 && countWithin(held, next) > 0;
}

/** How many of `held`, ascending, lie in `run`. */
export function countWithin(held: ArrayLike<number>, { start, end }: Run): number {
  return placeOf(held, end) - placeOf(held, start);
}

/** Index of the first of `held`, ascending, that is not before `time`. */
export function placeOf(held: ArrayLike<number>, time: number): number {
  let [low, high] = [0, held.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((held[middle] ?? Infinity) < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

function slotsOf({ start, end }: Run, timeframe: Timeframe): number {
  return countCandles(start, end, timeframe);
}
