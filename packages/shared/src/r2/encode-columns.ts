import type { Encoding, SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { ChainHead } from "../core/archive.ts";
import type { StoredDecimal } from "../core/decimal.ts";
import { DECIMAL_DIGITS, rescale, scaleColumn, type ScaledColumn } from "../core/scaled-column.ts";
import { formatSeries, type Series } from "../core/series.ts";
import { sha256Hex } from "../hash/sha256.ts";
import { contentHashOfColumns } from "./content-hash.ts";
import type { CandleColumns, DecimalColumn } from "./decode-columns.ts";
import { PACKED_MAX } from "./pack-delta.ts";
import {
  countElement,
  DECIMAL_COLUMNS,
  decimalElement,
  FORMAT_VERSION,
  METADATA_KEYS,
  TIMESTAMP_ELEMENT,
} from "./file-schema.ts";
import { writeChunk, type FileColumnSource } from "./write-chunk.ts";

/** A week of minutes: who asks for a day reads a seventh of a month, who asks for a month all. */
const ROW_GROUP_ROWS = 10_080;

export interface EncodedFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** SHA-256 of the candles, whatever their encoding; hex. */
  readonly contentHash: string;
}

/**
 * The candles of `columns` (at least one, ascending, no timestamp twice) as a Parquet file that
 * follows the change `head` of its partition. Every value is exact, as a DECIMAL wherever one holds
 * it.
 */
export function encodeColumns(
  series: Series,
  columns: CandleColumns,
  head: ChainHead,
): EncodedFile {
  const { rows, timestamps } = columns;
  const sources = [
    timestampSource(timestamps),
    ...DECIMAL_COLUMNS.map((name) => decimalSource(name, columns.decimals[name])),
    countSource(columns.trades),
  ];
  const output = new ByteWriter(rows * ROW_BYTES_GUESS);
  const root: SchemaElement = { name: "candles", num_children: sources.length };
  const writer = new ParquetWriter({
    writer: output,
    schema: [root, ...sources.map(({ element }) => element)],
    createdBy: "candlehouse",
  });
  const hashes: string[] = [];
  for (let from = 0; from < rows; from += ROW_GROUP_ROWS) {
    const to = Math.min(rows, from + ROW_GROUP_ROWS);
    hashes.push(writeGroup(writer, output, sources, root, from, to));
  }
  const contentHash = contentHashOfColumns(series, [columns]);
  writer.kvMetadata = Object.entries({
    [METADATA_KEYS.format]: FORMAT_VERSION,
    [METADATA_KEYS.series]: formatSeries(series),
    [METADATA_KEYS.rows]: rows,
    [METADATA_KEYS.first]: timestamps[0],
    [METADATA_KEYS.last]: timestamps[rows - 1],
    [METADATA_KEYS.contentHash]: contentHash,
    [METADATA_KEYS.sequence]: head.sequence,
    [METADATA_KEYS.previous]: head.hash,
    [METADATA_KEYS.groups]: hashes.join(","),
  }).map(([key, value]) => ({ key, value: String(value) }));
  void writer.finish();
  return { bytes: output.getBytes().slice(), contentHash };
}

/** A first size of the output, which grows where it is too small. */
const ROW_BYTES_GUESS = 32;

/** Writes the rows `from` to `to` (exclusive) as a row group; returns the hash of its bytes. */
function writeGroup(
  writer: ParquetWriter,
  output: ByteWriter,
  sources: readonly FileColumnSource[],
  root: SchemaElement,
  from: number,
  to: number,
): string {
  const start = output.offset;
  const columns = sources.map((source) => writeChunk(output, source, root, from, to));
  const rows = BigInt(to - from);
  writer.row_groups.push({
    columns,
    total_byte_size: columns.reduce(
      (sum, { meta_data }) => sum + (meta_data?.total_uncompressed_size ?? 0n),
      0n,
    ),
    num_rows: rows,
    total_compressed_size: BigInt(output.offset - start),
  });
  writer.num_rows += rows;
  return sha256Hex(output.getBytes().subarray(start));
}

function timestampSource(seconds: Float64Array): FileColumnSource {
  return {
    kind: "integers",
    element: TIMESTAMP_ELEMENT,
    integers: seconds.map((timestamp) => timestamp * 1_000),
    toStatistic: BigInt,
  };
}

function decimalSource(
  name: (typeof DECIMAL_COLUMNS)[number],
  column: DecimalColumn,
): FileColumnSource {
  const kind = kindOf(column);
  if (column.kind === "scaled" && kind !== undefined) {
    const { scale, integers } = column;
    const element = decimalElement(name, { kind, scale, values: [] });
    return { kind: "integers", element, integers, toStatistic: BigInt };
  }
  const scaled = scaleColumn(column.kind === "values" ? column.values : valuesOf(column));
  return {
    kind: "values",
    element: decimalElement(name, scaled),
    values: [...scaled.values],
    encoding: ENCODINGS[scaled.kind],
  };
}

const ENCODINGS = {
  int32: "DELTA_BINARY_PACKED",
  int64: "DELTA_BINARY_PACKED",
  int128: "PLAIN",
  double: "BYTE_STREAM_SPLIT",
  text: "PLAIN",
} as const satisfies Record<ScaledColumn["kind"], Encoding>;

/** The narrowest type that holds a column of integers; undefined where it is to be looked at one by one. */
function kindOf(column: DecimalColumn): "int32" | "int64" | undefined {
  if (column.kind !== "scaled") {
    return undefined;
  }
  const { least, most } = boundsOf(column.integers);
  if (!(least >= 0 && most <= PACKED_MAX)) {
    return undefined;
  }
  const digits = Math.max(String(most).length, column.scale);
  return (["int32", "int64"] as const).find((kind) => digits <= DECIMAL_DIGITS[kind]);
}

function countSource(trades: CandleColumns["trades"]): FileColumnSource {
  const isWhole = trades instanceof Float64Array;
  const { least, most } = isWhole ? boundsOf(trades) : { least: -1, most: -1 };
  if (isWhole && least >= 0 && most <= PACKED_MAX) {
    const element = countElement("trades", [most]);
    const toStatistic = element.type === "INT64" ? BigInt : (count: number) => count;
    return { kind: "integers", element, integers: trades, toStatistic };
  }
  const counts = Array.from(trades);
  const element = countElement("trades", counts);
  const values =
    element.type === "INT64"
      ? counts.map((count) => (count === null ? null : BigInt(count)))
      : counts;
  return { kind: "values", element, values, encoding: "DELTA_BINARY_PACKED" };
}

function valuesOf({
  integers,
  scale,
}: Extract<DecimalColumn, { kind: "scaled" }>): StoredDecimal[] {
  return Array.from(integers, (integer) => rescale(integer, scale));
}

/** Both NaN, which compares as nothing, where a value is none, or below zero. */
function boundsOf(integers: Float64Array): { readonly least: number; readonly most: number } {
  let [least, most] = [Infinity, 0];
  for (let row = 0; row < integers.length; row += 1) {
    const integer = integers[row] ?? Number.NaN;
    if (!(integer >= 0)) {
      return { least: Number.NaN, most: Number.NaN };
    }
    least = integer < least ? integer : least;
    most = integer > most ? integer : most;
  }
  return { least, most };
}
