import type { Candle } from "../core/candle.ts";
import { valueAt, type CandleColumns } from "./decode-columns.ts";

/** The candles of `columns`, in their order. */
export function candlesOf({ rows, timestamps, decimals, trades }: CandleColumns): Candle[] {
  const { open, high, low, close, volume_from, volume_to } = decimals;
  return Array.from({ length: rows }, (_, row) => ({
    timestamp: timestamps[row] ?? Number.NaN,
    open: priceAt(open, row),
    high: priceAt(high, row),
    low: priceAt(low, row),
    close: priceAt(close, row),
    volume_from: valueAt(volume_from, row),
    volume_to: valueAt(volume_to, row),
    trades: trades[row] ?? null,
  }));
}

function priceAt(column: CandleColumns["decimals"]["open"], row: number): number | string {
  const value = valueAt(column, row);
  if (value === null) {
    throw new TypeError(`row ${row} has no price`);
  }
  return value;
}
