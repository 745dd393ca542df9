/** Last candles that may change while those before them stay as they are. */
export const UPDATED_CANDLES_MAX = 10;

/** Candles on either side of what is seen that the chart is given at least. */
const MARGIN_CANDLES = 1_500;

/** Places of candles in their columns: `to` is exclusive. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

/**
 * The part of `length` loaded candles that the chart is given: those that are `seen` and some on
 * either side. A chart takes a microsecond for each of its points whenever some are added, so a
 * hundred thousand of them would stop it for several frames.
 */
export function partAround(seen: Part, length: number): Part {
  const margin = 2 * marginOf(seen);
  return { from: Math.max(0, seen.from - margin), to: Math.min(length, seen.to + margin) };
}

/** Whether `part` holds what is seen and enough on either side of it. */
export function isEnough(part: Part, seen: Part, length: number): boolean {
  const margin = marginOf(seen);
  return (
    part.from <= Math.max(0, seen.from - margin) && part.to >= Math.min(length, seen.to + margin)
  );
}

/** Whether `part` has grown so far beyond what is seen that it is better cut. */
export function isTooMuch(part: Part, seen: Part, length: number): boolean {
  const wanted = partAround(seen, length);
  return part.to - part.from > 2 * (wanted.to - wanted.from);
}

/**
 * Whether the candles from place `from` of the ascending `timestamp` on are those that were `given`,
 * and others behind them alone: then the chart takes these one by one. Where some came between them
 * or have gone, it must be given all anew.
 */
export function isContinued(
  given: readonly number[],
  timestamp: readonly number[],
  from: number,
): boolean {
  const last = given.length - 1;
  // Between two candles that both have there are equally many, so these are the same but for the
  // last ones, of which one may come as another goes.
  return (
    last >= 0 &&
    given[0] === timestamp[from] &&
    given.slice(-UPDATED_CANDLES_MAX).every((time, index, { length }) => {
      return time === timestamp[from + last - length + 1 + index];
    })
  );
}

/** At least a screen: that is how far one drag goes, during which nothing is given behind. */
function marginOf({ from, to }: Part): number {
  return Math.max(MARGIN_CANDLES, to - from);
}
