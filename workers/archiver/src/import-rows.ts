import { TIMESTAMP_MIN, type Candle } from "@candlehouse/shared/core/candle";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import { FragmentUnreadableError, ImportRejectedError } from "@candlehouse/shared/core/errors";
import type { Series } from "@candlehouse/shared/core/series";
import { isAligned } from "@candlehouse/shared/core/timeframe";
import { BlockRow } from "@candlehouse/shared/import/block-row";
import { CsvReader } from "@candlehouse/shared/import/csv-reader";
import { findImportFault, type RowRules } from "@candlehouse/shared/import/read-cells";
import type { ImportFormat } from "@candlehouse/shared/import/recognise-file";
import { FRAGMENT_BYTES_MAX } from "@candlehouse/shared/r2/decode-foreign-file";
import { readUploadRows } from "@candlehouse/shared/r2/decode-fragment";
import type { ArchiverContext } from "./context.ts";
import type { Pieces } from "./import-body.ts";
import type { ImportOrder } from "./import-order.ts";
import type { ImportRun } from "./import-run.ts";
import { WaitingRows, type RowRange } from "./import-waiting.ts";

/** Most rows that wait to be stored: some 80 bytes each, and more than a month of minutes. */
const WAITING_ROWS_MAX = 60_000;

/** Bytes that are read at once, before rows that wait are stored. */
const SLICE_BYTES = 256 * 1_024;

/** Most rows in a Parquet file: a year of minutes. They are held whole, some 70 bytes each. */
const PARQUET_ROWS_MAX = 600_000;

/** The rows of a file, of which nothing is stored yet. */
export interface FoundRows {
  readonly format: ImportFormat;
  readonly series: Series;
  /** Throws ImportRejectedError where no row can be taken; then none is stored. */
  readonly store: (run: ImportRun) => Promise<RowRange>;
}

/** Opens the rows of a file. Throws ImportRejectedError where it has none that can be read. */
export async function readRows(
  context: ArchiverContext,
  order: ImportOrder,
  pieces: Pieces,
): Promise<FoundRows> {
  return order.format === "parquet"
    ? readParquet(context, order, pieces)
    : readCsv(context, order, order.format, pieces);
}

function readCsv(
  context: ArchiverContext,
  { series, columns, unit, firstLine, isPart }: ImportOrder,
  format: Exclude<ImportFormat, "parquet">,
  pieces: Pieces,
): FoundRows {
  if (series === undefined) {
    throw new ImportRejectedError(
      "neither the file's name nor the address says whose candles it holds: source, symbol and timeframe do",
    );
  }
  const rules = rulesOf(context, series);
  const store = async (run: ImportRun): Promise<RowRange> => {
    const waiting = new WaitingRows(run, rules);
    const request = { format, columns, unit, symbol: series.symbol };
    const reader = new CsvReader(request, rules, firstLine, waiting.sink);
    try {
      for await (const piece of pieces) {
        for (let start = 0; start < piece.length; start += SLICE_BYTES) {
          reader.push(piece.subarray(start, start + SLICE_BYTES));
          await waiting.storeAbove(WAITING_ROWS_MAX);
        }
      }
      reader.finish();
      await waiting.storeAbove(0);
    } finally {
      await waiting.settle();
    }
    return { ...waiting.range(reader.rows, isPart), unused: reader.unused };
  };
  return { format, series, store };
}

/** A Parquet file is small, and decoded as a whole: its rows have no lines, and are counted from 1. */
async function readParquet(
  context: ArchiverContext,
  { series: named }: ImportOrder,
  pieces: Pieces,
): Promise<FoundRows> {
  const upload = openParquet(await joinPieces(pieces), named);
  const { series, rows } = upload;
  const rules = rulesOf(context, series);
  const store = async (run: ImportRun): Promise<RowRange> => {
    const waiting = new WaitingRows(run, rules);
    const { accept, reject } = waiting.sink;
    const row = new BlockRow();
    try {
      for (let index = 0; index < rows; index += 1) {
        const candle = upload.at(index);
        const fault = typeof candle === "string" ? candle : findImportFault(candle, rules);
        if (typeof candle === "string" || fault !== undefined) {
          reject(index + 1, fault ?? "", timeOf(candle, rules));
        } else {
          row.setCandle(candle);
          accept(row, index + 1);
        }
        if (index % PARQUET_ROWS_AT_ONCE === 0) {
          await waiting.storeAbove(WAITING_ROWS_MAX);
        }
      }
      await waiting.storeAbove(0);
    } finally {
      await waiting.settle();
    }
    return { ...waiting.range(rows, false), unused: [] };
  };
  return { format: "parquet", series, store };
}

/** Rows of a Parquet file that are read at once, before rows that wait are stored. */
const PARQUET_ROWS_AT_ONCE = 4_096;

/** The open time of a row's candle, where it has one. */
function timeOf(candle: Candle | string, { timeframe }: RowRules): number | undefined {
  return typeof candle !== "string" &&
    candle.timestamp >= TIMESTAMP_MIN &&
    isAligned(candle.timestamp, timeframe)
    ? candle.timestamp
    : undefined;
}

function openParquet(
  bytes: Uint8Array,
  named: Series | undefined,
): ReturnType<typeof readUploadRows> {
  try {
    return readUploadRows(bytes, named, PARQUET_ROWS_MAX);
  } catch (cause) {
    if (cause instanceof FragmentUnreadableError) {
      throw new ImportRejectedError(cause.message, { cause });
    }
    throw cause;
  }
}

function rulesOf(context: ArchiverContext, { timeframe }: Series): RowRules {
  return { timeframe, nowSeconds: shownSeconds(context) };
}

async function joinPieces(pieces: Pieces): Promise<Uint8Array> {
  const list: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces) {
    list.push(piece);
    size += piece.length;
    if (size > FRAGMENT_BYTES_MAX) {
      throw new ImportRejectedError(
        `a Parquet file has up to ${FRAGMENT_BYTES_MAX} bytes; this one has more`,
      );
    }
  }
  return new Uint8Array(await new Blob(list).arrayBuffer());
}
