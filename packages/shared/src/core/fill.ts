import type { TimeRange } from "./cold-plan.ts";
import { expectedCandles } from "./rollup.ts";
import type { FillMode, ServedCandle } from "./served-candle.ts";
import {
  addCandles,
  countCandles,
  openTimeAtOrAfter,
  openTimeOf,
  type Timeframe,
} from "./timeframe.ts";

/** How the places of missing candles are filled. */
export interface Filling {
  readonly mode: Exclude<FillMode, "none">;
  /** Of the candles. */
  readonly timeframe: Timeframe;
  /** The coarsest stored timeframe that they are made of. */
  readonly from: Timeframe;
  /** How many indicators' values each candle has. */
  readonly columns: number;
}

/**
 * What stands in the places between `before` and `after`, as far as they open in `range`, oldest
 * first. The places are the open times of the timeframe. There may be millions: each is made when
 * it is taken.
 */
export function* fillBetween(
  filling: Filling,
  before: ServedCandle,
  after: ServedCandle,
  range: TimeRange,
): Generator<ServedCandle, void> {
  const { timeframe } = filling;
  const afterBefore = openTimeAtOrAfter(before.timestamp + 1, timeframe);
  const first = openTimeAtOrAfter(Math.max(afterBefore, range.from), timeframe);
  const places = countCandles(afterBefore, after.timestamp, timeframe);
  let place = countCandles(afterBefore, first, timeframe) + 1;
  let timestamp = first;
  while (timestamp < after.timestamp && timestamp < range.to) {
    yield filled(filling, timestamp, before, after, place / (places + 1));
    timestamp = addCandles(timestamp, timeframe, 1);
    place += 1;
  }
}

/** Open time of the place that lies `count` - 1 places before the one that `time` is in. */
export function placesBack(time: number, timeframe: Timeframe, count: number): number {
  return addCandles(openTimeOf(time, timeframe), timeframe, 1 - count);
}

/** `candle`, of which it is said that it stands in its own place. */
export function unfilled(candle: ServedCandle): ServedCandle {
  return { ...candle, filled: false };
}

/** `way` is how far on the way from `before` to `after` the place lies: above 0, below 1. */
function filled(
  { mode, timeframe, from, columns }: Filling,
  timestamp: number,
  before: ServedCandle,
  after: ServedCandle,
  way: number,
): ServedCandle {
  const price =
    mode === "null" ? null : mode === "linear" ? priceBetween(before, after, way) : before.close;
  const volume = mode === "zero" ? 0 : null;
  return {
    timestamp,
    open: price,
    high: price,
    low: price,
    close: price,
    volume_from: volume,
    volume_to: volume,
    trades: volume,
    // A candle that was stored later says that the interval is over.
    ...(from === timeframe
      ? {}
      : { missing: expectedCandles(timestamp, from, timeframe), closed: true }),
    filled: true,
    ...(columns === 0 ? {} : { indicators: Array.from({ length: columns }, () => null) }),
  };
}

/** On the line from the close of `before` to the open of `after`. */
function priceBetween(before: ServedCandle, after: ServedCandle, way: number): number | null {
  if (before.close === null || after.open === null) {
    return null;
  }
  const [start, end] = [Number(before.close), Number(after.open)];
  return start + (end - start) * way;
}
