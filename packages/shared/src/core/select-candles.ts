import type { Candle } from "./candle.ts";
import type { StoredDecimal } from "./decimal.ts";

/** Whether two observations of a candle say the same. */
export function isSameCandle(a: Candle, b: Candle): boolean {
  return (
    isSameValue(a.open, b.open) &&
    isSameValue(a.high, b.high) &&
    isSameValue(a.low, b.low) &&
    isSameValue(a.close, b.close) &&
    isSameValue(a.volume_from, b.volume_from) &&
    isSameValue(a.volume_to, b.volume_to) &&
    a.trades === b.trades
  );
}

function isSameValue(a: StoredDecimal | null, b: StoredDecimal | null): boolean {
  if (a === b || a === null || b === null) {
    return a === b;
  }
  // A row of the older schema holds the double next to a decimal that no double holds.
  return typeof a !== typeof b && Number(a) === Number(b);
}

/**
 * Those of `fetched` that are worth a message: the ones that are not in `stored` (by timestamp), or
 * are there with other values. Keeps the order.
 */
export function selectUnstored(
  fetched: readonly Candle[],
  stored: ReadonlyMap<number, Candle>,
): Candle[] {
  return fetched.filter((candle) => {
    const known = stored.get(candle.timestamp);
    return known === undefined || !isSameCandle(candle, known);
  });
}
