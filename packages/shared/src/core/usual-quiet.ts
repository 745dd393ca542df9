/** Nine of ten waits for the next candle are not longer than what is usual. */
const USUAL_SHARE = 0.9;

/**
 * How long a market is usually without a candle, in seconds: longer are only a tenth of the times
 * between the candles `held` (open times, ascending) from `from` on to `to`. One outage in these days
 * does not count. Null where no candle is held.
 */
export function usualQuiet(held: ArrayLike<number>, from: number, to: number): number | null {
  const waits: number[] = [];
  let before = from;
  for (let index = 0; index < held.length; index += 1) {
    const time = held[index] ?? before;
    waits.push(time - before);
    before = time;
  }
  waits.push(to - before);
  const sorted = waits.toSorted((a, b) => a - b);
  return held.length === 0 ? null : (sorted[Math.ceil(sorted.length * USUAL_SHARE) - 1] ?? null);
}
