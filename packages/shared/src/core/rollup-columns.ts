import { compareStored, type StoredDecimal } from "./decimal.ts";
import { addStored, scaledDecimal, sumScaled, type ScaledIntegers } from "./rollup-sum.ts";
import { addCounts, addPart, checkNesting, expectedCandles, type RolledCandle } from "./rollup.ts";
import { closeTimeOf, openTimeOf, type Timeframe } from "./timeframe.ts";

/** A column of decimals: exact integers, or any values. */
type DecimalColumn =
  | ({ readonly kind: "scaled" } & ScaledIntegers)
  | { readonly kind: "values"; readonly values: readonly (StoredDecimal | null)[] };

/** Candles by column, ascending by timestamp. */
export interface RollUpColumns {
  readonly rows: number;
  readonly timestamps: Float64Array;
  readonly decimals: Readonly<
    Record<"open" | "high" | "low" | "close" | "volume_from" | "volume_to", DecimalColumn>
  >;
  readonly trades: Float64Array | readonly (number | null)[];
}

/** Candles by column on their way up, one part after the other. */
export interface RollUp {
  /** Adds `columns`, which come after all that were added. No part of them is kept. */
  add(columns: RollUpColumns): void;
  /** The rolled candles that were not taken, ascending; of the last one more parts may come. */
  readonly candles: readonly RolledCandle[];
  /** Takes out all rolled candles but the last one, of which more parts may come. */
  takeFinished(): RolledCandle[];
}

/**
 * What `rollUp` does, on columns: the same candles, part by part and many times as fast. Throws
 * RangeError as it does.
 */
export function startRollUp(from: Timeframe, to: Timeframe): RollUp {
  checkNesting(from, to);
  const candles: RolledCandle[] = [];
  return {
    candles,
    takeFinished: () => candles.splice(0, candles.length - 1),
    add(columns) {
      const { rows, timestamps } = columns;
      for (let start = 0; start < rows;) {
        const timestamp = openTimeOf(timestamps[start] ?? Number.NaN, to);
        const closeTime = closeTimeOf(timestamp, to);
        let end = start + 1;
        while (end < rows && (timestamps[end] ?? Number.NaN) < closeTime) {
          end += 1;
        }
        const missing = expectedCandles(timestamp, from, to) - (end - start);
        addPart(candles, partOf(columns, timestamp, missing, start, end), from, to);
        start = end;
      }
    },
  };
}

/** Rows `start` (inclusive) to `end` (exclusive) as a part of the candle that opens at `timestamp`. */
function partOf(
  { decimals, trades }: RollUpColumns,
  timestamp: number,
  missing: number,
  start: number,
  end: number,
): RolledCandle {
  return {
    timestamp,
    open: priceAt(decimals.open, start),
    high: maxOf(decimals.high, start, end),
    low: minOf(decimals.low, start, end),
    close: priceAt(decimals.close, end - 1),
    volume_from: sumOf(decimals.volume_from, start, end),
    volume_to: sumOf(decimals.volume_to, start, end),
    trades: countOf(trades, start, end),
    missing,
  };
}

function priceAt(column: DecimalColumn, row: number): StoredDecimal {
  return column.kind === "scaled"
    ? scaledDecimal(column.integers[row] ?? Number.NaN, column.scale)
    : priceOf(column.values[row]);
}

function maxOf(column: DecimalColumn, start: number, end: number): StoredDecimal {
  if (column.kind === "values") {
    const prices = column.values.slice(start, end).map(priceOf);
    return prices.reduce((max, price) => (compareStored(price, max) > 0 ? price : max));
  }
  const { integers, scale } = column;
  let max = 0;
  for (let row = start; row < end; row += 1) {
    const integer = integers[row] ?? 0;
    max = integer > max ? integer : max;
  }
  return scaledDecimal(max, scale);
}

function minOf(column: DecimalColumn, start: number, end: number): StoredDecimal {
  if (column.kind === "values") {
    const prices = column.values.slice(start, end).map(priceOf);
    return prices.reduce((min, price) => (compareStored(price, min) < 0 ? price : min));
  }
  const { integers, scale } = column;
  let min = Number.POSITIVE_INFINITY;
  for (let row = start; row < end; row += 1) {
    const integer = integers[row] ?? min;
    min = integer < min ? integer : min;
  }
  return scaledDecimal(min, scale);
}

function priceOf(value: StoredDecimal | null | undefined): StoredDecimal {
  if (value === null || value === undefined) {
    throw new TypeError("a price is missing");
  }
  return value;
}

function sumOf(column: DecimalColumn, start: number, end: number): StoredDecimal | null {
  if (column.kind === "scaled") {
    return sumScaled(column, start, end);
  }
  return column.values
    .slice(start, end)
    .reduce((sum, value) => (sum === null || value === null ? null : addStored(sum, value)));
}

function countOf(trades: RollUpColumns["trades"], start: number, end: number): number | null {
  if (trades instanceof Float64Array) {
    return sumCounts(trades, start, end);
  }
  return trades.slice(start, end).reduce(addCounts);
}

/** Throws RangeError as `addCounts` does: no count is below zero, so a sum that is exact was so. */
function sumCounts(trades: Float64Array, start: number, end: number): number {
  let sum = 0;
  for (let row = start; row < end; row += 1) {
    sum += trades[row] ?? 0;
  }
  return addCounts(sum, 0) ?? 0;
}
