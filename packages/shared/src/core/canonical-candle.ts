import type { Candle } from "./candle.ts";
import { decimalOf, type StoredDecimal } from "./decimal.ts";

/**
 * `candle` as one line of text, the same for every way to store it: its timestamp in unix seconds
 * and its decimals with their shortest digits, comma between, nothing where a value is null.
 */
export function canonicalLine(candle: Candle): string {
  const { timestamp, open, high, low, close, volume_from, volume_to, trades } = candle;
  return `${timestamp},${decimalOf(open)},${decimalOf(high)},${decimalOf(low)},${decimalOf(close)},${digitsOf(volume_from)},${digitsOf(volume_to)},${trades ?? ""}\n`;
}

function digitsOf(value: StoredDecimal | null): string {
  return value === null ? "" : decimalOf(value);
}
