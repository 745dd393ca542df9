import { TOLD_CANDLES } from "@candlehouse/shared/core/open-candle";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import {
  addCandles,
  closeTimeOf,
  openTimeOf,
  timeframeSeconds,
  type Timeframe,
} from "@candlehouse/shared/core/timeframe";

/** The newest candles of a market beside those that are stored, and what is known around them. */
export interface OpenCandles {
  /** Ascending; the one whose interval runs is the last, with `closed` false. */
  readonly candles: readonly ServedCandle[];
  /** The timeframe that they are made of: their own where they are as the source tells them. */
  readonly from: Timeframe;
  /** Stored candles of `from` that open at it or later are among them; unix seconds. */
  readonly since: number;
  /** From here on the source told what there is, unix seconds; undefined where it told nothing. */
  readonly toldFrom: number | undefined;
  /** Of each collected timeframe: before this time, unix seconds, what there is is stored. */
  readonly storedUntil: ReadonlyMap<Timeframe, number>;
}

/** Which candles are meant. Times are unix seconds. */
export interface MergeRange {
  /** First open time, inclusive; undefined where the newest `limit` candles are meant. */
  readonly start: number | undefined;
  /** Exclusive. */
  readonly end: number | undefined;
  readonly limit: number;
  readonly timeframe: Timeframe;
}

/**
 * From this open time on, unix seconds, a source tells all that there is at `nowSeconds`. It is that
 * of the second oldest: while the source is asked, the next candle may open.
 */
export function toldSince(timeframe: Timeframe, nowSeconds: number): number {
  return addCandles(openTimeOf(nowSeconds, timeframe), timeframe, 2 - TOLD_CANDLES);
}

/** Whether candles before `end` (exclusive) may be among those that are not stored yet. */
export function reachesPresent(
  timeframe: Timeframe,
  end: number | undefined,
  nowSeconds: number,
): boolean {
  const oldest = addCandles(openTimeOf(nowSeconds, timeframe), timeframe, 1 - TOLD_CANDLES);
  return end === undefined || end > oldest;
}

/**
 * `stored`, which are the newest candles of `range`, with the `open` ones before its end,
 * ascending. What is stored as it is, or whole, stays; a rolled-up candle that lacks a part gives way
 * to one that lacks no more of it.
 *
 * No answer leaps over candles that are not stored yet: it ends before the first of them, or, where
 * the newest `limit` candles are meant and all of them lie behind it, begins behind it. A caller that
 * goes on where an answer ended would never see them.
 */
export function withOpen(
  stored: readonly ServedCandle[],
  open: OpenCandles | undefined,
  range: MergeRange,
): readonly ServedCandle[] {
  if (open === undefined) {
    return stored;
  }
  const candles = mergeCandles(stored, open, range);
  const hole = holeOf(stored, open, range.timeframe);
  const { start, limit, timeframe } = range;
  if (hole === undefined || (start !== undefined && start >= hole.to)) {
    return candles;
  }
  const last = openTimeOf(hole.from, timeframe);
  // The running candle lacks a part in any case. A closed one that does is not what it will be, and
  // who goes on behind it takes it for that.
  const before = candles.filter(
    ({ timestamp, closed }) =>
      timestamp < last ||
      (timestamp < hole.from && start === undefined) ||
      (timestamp === last && closed === false),
  );
  const behind = candles.filter(({ timestamp }) => timestamp >= hole.to);
  const isBehind = start === undefined && (behind.length >= limit || before.length === 0);
  return isBehind ? behind : before;
}

/** Times of candles that are neither stored nor told: from (inclusive) to (exclusive). */
interface Hole {
  readonly from: number;
  readonly to: number;
}

function holeOf(
  stored: readonly ServedCandle[],
  { from, since, toldFrom, storedUntil }: OpenCandles,
  timeframe: Timeframe,
): Hole | undefined {
  const newest = stored.at(-1);
  const own = Math.max(
    storedUntil.get(newest === undefined ? from : baseOf(newest, timeframe)) ?? 0,
    newest === undefined ? 0 : heldUntil(newest, timeframe),
  );
  const further = storedUntil.get(from) ?? 0;
  const reach = own >= since ? Math.max(own, further) : own;
  if (toldFrom === undefined) {
    return { from: reach, to: Infinity };
  }
  // The stored candles of `from` and those that were told may meet, although `reach` ends before.
  const known = further >= toldFrom ? Math.min(since, toldFrom) : toldFrom;
  return reach >= known ? undefined : { from: reach, to: known };
}

/** Before this time what there is is stored, as far as its `newest` candle tells. */
function heldUntil(newest: ServedCandle, timeframe: Timeframe): number {
  return isWhole(newest) ? closeTimeOf(newest.timestamp, timeframe) : newest.timestamp;
}

function mergeCandles(
  stored: readonly ServedCandle[],
  open: OpenCandles,
  { end, timeframe }: MergeRange,
): readonly ServedCandle[] {
  const byTime = new Map(stored.map((candle) => [candle.timestamp, candle]));
  for (const candle of open.candles) {
    const held = byTime.get(candle.timestamp);
    const isMeant = end === undefined || candle.timestamp < end;
    const givesWay =
      held === undefined ||
      (!isWhole(held) &&
        missingSeconds(candle, open.from) <= missingSeconds(held, baseOf(held, timeframe)));
    if (isMeant && givesWay) {
      byTime.set(candle.timestamp, candle);
    }
  }
  return [...byTime.values()].toSorted((a, b) => a.timestamp - b.timestamp);
}

/** The stored timeframe that a candle of `timeframe` is made of. */
function baseOf({ from }: ServedCandle, timeframe: Timeframe): Timeframe {
  return from ?? timeframe;
}

function isWhole({ closed, missing = 0 }: ServedCandle): boolean {
  return closed !== false && missing === 0;
}

function missingSeconds({ missing = 0 }: ServedCandle, from: Timeframe): number {
  return missing * timeframeSeconds(from);
}
