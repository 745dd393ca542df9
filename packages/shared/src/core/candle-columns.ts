import type { Candle } from "./candle.ts";
import type { TimeRange } from "./cold-plan.ts";
import type { StoredDecimal } from "./decimal.ts";
import type { RollUpColumns } from "./rollup-columns.ts";
import { scaleNumbers } from "./scaled-column.ts";

type DecimalColumn = RollUpColumns["decimals"]["open"];

/** Powers of ten up to this one are what sums of columns reckon with. */
const SCALE_MAX = 18;

/** `candles`, ascending, by column, as a roll-up takes them. */
export function columnsOf(candles: readonly Candle[]): RollUpColumns {
  return {
    rows: candles.length,
    timestamps: Float64Array.from(candles, ({ timestamp }) => timestamp),
    decimals: {
      open: decimalColumn(candles.map(({ open }) => open)),
      high: decimalColumn(candles.map(({ high }) => high)),
      low: decimalColumn(candles.map(({ low }) => low)),
      close: decimalColumn(candles.map(({ close }) => close)),
      volume_from: decimalColumn(candles.map(({ volume_from }) => volume_from)),
      volume_to: decimalColumn(candles.map(({ volume_to }) => volume_to)),
    },
    trades: candles.map(({ trades }) => trades),
  };
}

/** The rows of `columns` whose open times are in `range`; nothing is copied. */
export function sliceColumns(columns: RollUpColumns, range: TimeRange): RollUpColumns {
  const start = countBefore(columns.timestamps, range.from);
  const end = Math.max(start, countBefore(columns.timestamps, range.to));
  if (start === 0 && end === columns.rows) {
    return columns;
  }
  const { open, high, low, close, volume_from, volume_to } = columns.decimals;
  return {
    rows: end - start,
    timestamps: columns.timestamps.subarray(start, end),
    decimals: {
      open: sliceColumn(open, start, end),
      high: sliceColumn(high, start, end),
      low: sliceColumn(low, start, end),
      close: sliceColumn(close, start, end),
      volume_from: sliceColumn(volume_from, start, end),
      volume_to: sliceColumn(volume_to, start, end),
    },
    trades:
      columns.trades instanceof Float64Array
        ? columns.trades.subarray(start, end)
        : columns.trades.slice(start, end),
  };
}

function decimalColumn(values: readonly (StoredDecimal | null)[]): DecimalColumn {
  const scaled = scaleNumbers(values);
  return scaled === undefined || scaled.scale > SCALE_MAX
    ? { kind: "values", values }
    : { kind: "scaled", ...scaled };
}

function sliceColumn(column: DecimalColumn, start: number, end: number): DecimalColumn {
  return column.kind === "scaled"
    ? { ...column, integers: column.integers.subarray(start, end) }
    : { ...column, values: column.values.slice(start, end) };
}

/** How many of `timestamps`, ascending, are before `time`: found by halving. */
function countBefore(timestamps: Float64Array, time: number): number {
  let low = 0;
  let high = timestamps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((timestamps[middle] ?? Infinity) < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
