import type { Encoding, SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter, type ColumnSource } from "hyparquet-writer";
import type { ChainHead } from "../core/archive.ts";
import type { Candle } from "../core/candle.ts";
import { scaleColumn } from "../core/scaled-column.ts";
import { formatSeries, type Series } from "../core/series.ts";
import { sha256Hex } from "../hash/sha256.ts";
import { contentHashOf } from "./content-hash.ts";
import {
  countElement,
  DECIMAL_COLUMNS,
  decimalElement,
  FORMAT_VERSION,
  METADATA_KEYS,
  TIMESTAMP_ELEMENT,
} from "./file-schema.ts";
import { COMPRESSORS } from "./zstd.ts";

/** A week of minutes: who asks for a day reads a seventh of a month, who asks for a month all. */
const ROW_GROUP_ROWS = 10_080;

/**
 * Bytes of a page before it is encoded and compressed: a row group of 32-bit integers is one page,
 * of 64-bit ones two. `zstdCompressSync` of the Workers runtime fails where its output has more
 * than 40,960 bytes; pages of integers that do not compress stay below that.
 * https://github.com/cloudflare/workerd/issues/6769
 */
const PAGE_BYTES = ROW_GROUP_ROWS * 4 + 1;

export interface EncodedFile {
  readonly bytes: Uint8Array;
  /** SHA-256 of the candles, whatever their encoding; hex. */
  readonly contentHash: string;
}

/** A column with its place in the schema. */
interface EncodedColumn {
  readonly element: SchemaElement;
  readonly source: ColumnSource;
}

/**
 * `candles` (at least one, ascending, no timestamp twice) as a Parquet file that follows the change
 * `head` of its partition. Every value is exact, as a DECIMAL wherever one holds it.
 */
export function encodeCandleFile(
  series: Series,
  candles: readonly Candle[],
  head: ChainHead,
): EncodedFile {
  const columns = [
    timestampColumn(candles),
    ...DECIMAL_COLUMNS.map((name) => decimalColumn(name, candles)),
    countColumn(candles),
  ];
  const output = new ByteWriter();
  const writer = new ParquetWriter({
    writer: output,
    schema: [
      { name: "candles", num_children: columns.length },
      ...columns.map(({ element }) => element),
    ],
    codec: "ZSTD",
    compressors: COMPRESSORS,
    createdBy: "candlehouse",
  });
  // No flush is given, so nothing is awaited.
  void writer.write({
    columnData: columns.map(({ source }) => source),
    rowGroupSize: ROW_GROUP_ROWS,
    pageSize: PAGE_BYTES,
  });
  const contentHash = contentHashOf(series, candles);
  // Set last, for it holds the hashes of what is written by now.
  writer.kvMetadata = Object.entries({
    [METADATA_KEYS.format]: FORMAT_VERSION,
    [METADATA_KEYS.series]: formatSeries(series),
    [METADATA_KEYS.rows]: candles.length,
    [METADATA_KEYS.first]: candles[0]?.timestamp,
    [METADATA_KEYS.last]: candles.at(-1)?.timestamp,
    [METADATA_KEYS.contentHash]: contentHash,
    [METADATA_KEYS.sequence]: head.sequence,
    [METADATA_KEYS.previous]: head.hash,
    [METADATA_KEYS.groups]: groupHashes(writer, output).join(","),
  }).map(([key, value]) => ({ key, value: String(value) }));
  void writer.finish();
  return { bytes: output.getBytes().slice(), contentHash };
}

function groupHashes(writer: ParquetWriter, output: ByteWriter): string[] {
  const bytes = output.getBytes();
  return writer.row_groups.map(({ columns, total_compressed_size }) => {
    const start = Number(columns[0]?.file_offset);
    return sha256Hex(bytes.subarray(start, start + Number(total_compressed_size)));
  });
}

function timestampColumn(candles: readonly Candle[]): EncodedColumn {
  const data = BigInt64Array.from(candles, ({ timestamp }) => BigInt(timestamp) * 1_000n);
  return columnOf(TIMESTAMP_ELEMENT, data, "DELTA_BINARY_PACKED");
}

function decimalColumn(
  name: (typeof DECIMAL_COLUMNS)[number],
  candles: readonly Candle[],
): EncodedColumn {
  const column = scaleColumn(candles.map((candle) => candle[name]));
  return columnOf(decimalElement(name, column), [...column.values], ENCODINGS[column.kind]);
}

const ENCODINGS = {
  int32: "DELTA_BINARY_PACKED",
  int64: "DELTA_BINARY_PACKED",
  int128: "PLAIN",
  double: "BYTE_STREAM_SPLIT",
  text: "PLAIN",
} as const satisfies Record<string, Encoding>;

function countColumn(candles: readonly Candle[]): EncodedColumn {
  const counts = candles.map(({ trades }) => trades);
  const element = countElement("trades", counts);
  const data =
    element.type === "INT64"
      ? counts.map((count) => (count === null ? null : BigInt(count)))
      : counts;
  return columnOf(element, data, "DELTA_BINARY_PACKED");
}

/** A row group is read whole, so no page is to be found by an index of its own. */
function columnOf(
  element: SchemaElement,
  data: ColumnSource["data"],
  encoding: Encoding,
): EncodedColumn {
  return { element, source: { name: element.name, data, encoding, offsetIndex: false } };
}
