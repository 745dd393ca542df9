import type { ColumnMetaData, SchemaElement, SchemaTree } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import type { CandleFile } from "./candle-file.ts";
import { readPages } from "./foreign-pages.ts";
import { rawContentOf } from "./raw-frame.ts";
import { UNPACKED_MAX, unpackDelta } from "./unpack-delta.ts";
import { DECOMPRESSORS } from "./zstd.ts";

/** The part of hyparquet's metadata of a column that reading it takes, and its bytes. */
export interface ColumnChunk {
  readonly meta: ColumnMetaData;
  readonly column: SchemaTree;
  readonly bytes: Uint8Array;
  readonly rows: number;
}

/** The column at `place` of row group `index` of `file`, of which `bytes` are all. */
export function chunkOf(
  file: CandleFile,
  index: number,
  place: number,
  bytes: Uint8Array,
): ColumnChunk {
  const group = file.groups[index];
  const meta = file.metadata.row_groups[index]?.columns[place]?.meta_data;
  const column = file.columns[place];
  if (group === undefined || meta === undefined || column === undefined) {
    throw new RangeError(`the file has no row group ${index} with a column ${place}`);
  }
  const start = Number(meta.dictionary_page_offset ?? meta.data_page_offset) - group.start;
  const size = Number(meta.total_compressed_size);
  return { meta, column, bytes: bytes.subarray(start, start + size), rows: group.rows };
}

/** What a column's integers are divided by to be its values; a timestamp's are milliseconds. */
export function unitOf({ converted_type, scale }: SchemaElement): number {
  if (converted_type === "TIMESTAMP_MILLIS") {
    return 1_000;
  }
  return converted_type === "DECIMAL" ? 10 ** (scale ?? 0) : 1;
}

/** More than what dividing and rounding a column's statistics changes of an integer below 2^53. */
const STATISTICS_SLACK = 256;

/**
 * Reads the integers of a column that has no null and none that is too large into `output`, which
 * has a place for each. Of any other column it returns false; what `output` holds then means
 * nothing.
 */
export function unpackIntegers(
  { meta, column: { element }, bytes }: ColumnChunk,
  output: Float64Array,
): boolean {
  const fits =
    element.repetition_type === "REQUIRED" &&
    meta.encodings.includes("DELTA_BINARY_PACKED") &&
    Number(meta.statistics?.max_value) * unitOf(element) <= UNPACKED_MAX - STATISTICS_SLACK &&
    Number(meta.statistics?.min_value) >= 0;
  if (!fits) {
    return false;
  }
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 };
  for (let filled = 0; filled < output.length;) {
    const header = parquetHeader(reader);
    const values = header.data_page_header_v2?.num_values ?? 0;
    const page = bytes.subarray(reader.offset, reader.offset + header.compressed_page_size);
    const part = output.subarray(filled, filled + values);
    if (values === 0 || part.length < values) {
      throw new RangeError(`column ${element.name} does not hold ${output.length} values`);
    }
    if (!unpackDelta(rawContentOf(page) ?? DECOMPRESSORS.ZSTD(page), part)) {
      return false;
    }
    reader.offset += page.length;
    filled += values;
  }
  return true;
}

/**
 * A column's values without what its DECIMAL or TIMESTAMP type would make of them. They are read as
 * another program's are: a file that was handed in may say that it is ours.
 */
export function readRaw({ meta, column, bytes, rows }: ColumnChunk): unknown[] {
  const { element } = column;
  const values = [...readPages(bytes, element, meta, rows)];
  return element.converted_type === "UTF8"
    ? values.map((value) => (value instanceof Uint8Array ? decoder.decode(value) : value))
    : values;
}

const decoder = new TextDecoder();
