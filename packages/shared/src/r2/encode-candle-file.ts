import type { ChainHead } from "../core/archive.ts";
import type { Candle } from "../core/candle.ts";
import type { StoredDecimal } from "../core/decimal.ts";
import { scaleNumbers } from "../core/scaled-column.ts";
import type { Series } from "../core/series.ts";
import type { DecimalColumn } from "./decode-columns.ts";
import { encodeColumns, type EncodedFile } from "./encode-columns.ts";

export type { EncodedFile } from "./encode-columns.ts";

/**
 * `candles` (at least one, ascending, no timestamp twice) as a Parquet file that follows the change
 * `head` of its partition. Every value is exact, as a DECIMAL wherever one holds it.
 */
export function encodeCandleFile(
  series: Series,
  candles: readonly Candle[],
  head: ChainHead,
): EncodedFile {
  const columnOf = (name: "open" | "high" | "low" | "close" | "volume_from" | "volume_to") =>
    decimalColumn(candles.map((candle) => candle[name]));
  const trades = candles.map((candle) => candle.trades);
  return encodeColumns(
    series,
    {
      rows: candles.length,
      timestamps: Float64Array.from(candles, ({ timestamp }) => timestamp),
      decimals: {
        open: columnOf("open"),
        high: columnOf("high"),
        low: columnOf("low"),
        close: columnOf("close"),
        volume_from: columnOf("volume_from"),
        volume_to: columnOf("volume_to"),
      },
      trades: trades.every((count) => count !== null) ? Float64Array.from(trades) : trades,
    },
    head,
  );
}

function decimalColumn(values: readonly (StoredDecimal | null)[]): DecimalColumn {
  const scaled = scaleNumbers(values);
  return scaled === undefined ? { kind: "values", values } : { kind: "scaled", ...scaled };
}
