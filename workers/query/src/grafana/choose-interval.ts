import { nests } from "@candlehouse/shared/core/rollup";
import {
  countCandles,
  TIMEFRAMES,
  timeframeSeconds,
  type Timeframe,
} from "@candlehouse/shared/core/timeframe";

/** What a panel shows: times are unix seconds. */
export interface ShownRange {
  /** Inclusive. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/**
 * The finest timeframe, of those that candles of `finest` make up, in which `range` has a candle and
 * no more than `candlesMax`, and a candle is no shorter than `secondsMin`. Where none is so, the
 * coarsest of which there is a candle in `range`, else `finest`.
 */
export function chooseInterval(
  finest: Timeframe,
  range: ShownRange,
  candlesMax: number,
  secondsMin = 0,
): Timeframe {
  // A candle belongs to the range by its open time: a short range has no week that begins in it.
  const possible = intervalsOf(finest)
    .map((timeframe) => ({ timeframe, count: countCandles(range.from, range.to, timeframe) }))
    .filter(({ count }) => count > 0);
  const fitting = possible.find(
    ({ timeframe, count }) => count <= candlesMax && timeframeSeconds(timeframe) >= secondsMin,
  );
  return (fitting ?? possible.at(-1))?.timeframe ?? finest;
}

/** The timeframes that candles of `finest` make up, itself first. */
export function intervalsOf(finest: Timeframe): Timeframe[] {
  return TIMEFRAMES.filter((one) => one === finest || nests(finest, one));
}
