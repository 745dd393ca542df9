import type { Series } from "@candlehouse/shared/core/series";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import {
  bool,
  columnFromArray,
  float64,
  int64,
  tableFromColumns,
  tableToIPC,
  timestamp,
  TimeUnit,
  utf8,
} from "@uwdata/flechette";
import { answerColumns, type AnswerColumn, type ExtraColumns } from "./answer-columns.ts";
import type { PieceFormat } from "./piece-format.ts";

/** Length of what ends a stream of Arrow: a continuation marker and a length of 0. */
const END_BYTES = 8;

const MS_PER_SECOND = 1_000;

/**
 * Arrow's stream format: a record batch a piece. Timestamps are milliseconds, UTC; prices and
 * volumes the doubles nearest to the decimals. Of several series, source, symbol and timeframe stand
 * in columns of their own before the others.
 */
export function arrowFormat(extra: ExtraColumns, severalSeries: boolean): PieceFormat {
  const columns = answerColumns(extra);
  const streamOf = (series: Series | undefined, candles: readonly ServedCandle[]) =>
    encodeStream([
      ...(severalSeries ? nameColumns(series, candles.length) : []),
      ...columns.map((column) => valueColumn(column, candles)),
    ]);
  const empty = streamOf(undefined, []);
  const head = empty.subarray(0, -END_BYTES);
  return {
    head,
    // The same columns are announced by the same bytes, which stand once in an answer.
    piece: (series, candles) => streamOf(series, candles).subarray(head.length, -END_BYTES),
    tail: empty.subarray(-END_BYTES),
  };
}

type NamedColumn = [name: string, column: ReturnType<typeof columnFromArray>];

function encodeStream(columns: NamedColumn[]): Uint8Array {
  const bytes = tableToIPC(tableFromColumns(columns), { format: "stream" });
  if (bytes === null) {
    throw new TypeError("Arrow was written elsewhere");
  }
  return bytes;
}

function nameColumns(series: Series | undefined, rows: number): NamedColumn[] {
  return (["source", "symbol", "timeframe"] as const).map((name) => [
    name,
    columnFromArray(
      Array.from({ length: rows }, () => series?.[name]),
      utf8(),
    ),
  ]);
}

function valueColumn(column: AnswerColumn, candles: readonly ServedCandle[]): NamedColumn {
  return [column.name, columnFromArray(candles.map(valueOf(column)), typeOf(column))];
}

function valueOf(column: AnswerColumn): (candle: ServedCandle) => number | boolean | null {
  switch (column.kind) {
    case "time":
      return ({ timestamp: seconds }) => seconds * MS_PER_SECOND;
    case "price":
    case "volume":
      return (candle) => {
        const value = column.of(candle);
        return value === null ? null : Number(value);
      };
    case "count":
    case "double":
    case "flag":
      return (candle) => column.of(candle);
  }
}

function typeOf({ kind }: AnswerColumn) {
  switch (kind) {
    case "time":
      return timestamp(TimeUnit.MILLISECOND, "UTC");
    case "price":
    case "volume":
    case "double":
      return float64();
    case "count":
      return int64();
    case "flag":
      return bool();
  }
}
