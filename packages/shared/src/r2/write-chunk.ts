import type { ColumnChunk, Encoding, SchemaElement } from "hyparquet";
import type { ByteWriter } from "hyparquet-writer";
import { writeColumn } from "hyparquet-writer/src/column.js";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import { packDelta } from "./pack-delta.ts";
import { COMPRESSORS } from "./zstd.ts";

const CODEC = "ZSTD";

/**
 * Bytes of a page before it is encoded and compressed: a row group of 32-bit integers is one page,
 * of 64-bit ones two. `zstdCompressSync` of the Workers runtime fails where its output has more
 * than 40,960 bytes; pages of integers that do not compress stay below that.
 * https://github.com/cloudflare/workerd/issues/6769
 */
const PAGE_BYTES = 10_080 * 4;

/** Bytes of a packed page, which takes as many where it does not compress, and some of a frame. */
const PACKED_BYTES_MAX = 40_700;

/** From here on, differences of differences may take 32 bits: a page of them is cut in two. */
const WIDE_MIN = 2 ** 29;

/** A column of a file. `integers` are packed here, of any `values` hyparquet-writer takes care. */
export type FileColumnSource =
  | {
      readonly kind: "integers";
      readonly element: SchemaElement;
      /** From 0 to PACKED_MAX. */
      readonly integers: Float64Array;
      /** A bound of the column as the footer has it. */
      readonly toStatistic: (integer: number) => bigint | number;
    }
  | {
      readonly kind: "values";
      readonly element: SchemaElement;
      readonly values: readonly (bigint | number | string | null)[];
      readonly encoding: Encoding;
    };

/** Writes the rows `from` to `to` (exclusive) of a column, and says where they are. */
export function writeChunk(
  output: ByteWriter,
  source: FileColumnSource,
  root: SchemaElement,
  from: number,
  to: number,
): ColumnChunk {
  if (source.kind === "integers") {
    return writeIntegers(output, source, from, to);
  }
  const { element, encoding } = source;
  const values = source.values.slice(from, to);
  const isOptional = element.repetition_type === "OPTIONAL";
  const { chunk } = writeColumn({
    writer: output,
    column: {
      columnName: element.name,
      element,
      schemaPath: [root, element],
      codec: CODEC,
      compressors: COMPRESSORS,
      stats: true,
      pageSize: isWide(source) ? PAGE_BYTES / 2 : PAGE_BYTES + 1,
      // A row group is read whole, so no page is to be found by an index of its own.
      columnIndex: false,
      offsetIndex: false,
      encoding,
    },
    pageData: {
      values,
      definitionLevels: isOptional ? values.map((value) => (value === null ? 0 : 1)) : [],
      repetitionLevels: [],
      maxDefinitionLevel: isOptional ? 1 : 0,
    },
  });
  return chunk;
}

/** Whether a column of 32-bit integers may be too long for a page when it is packed. */
function isWide({ element, values }: Extract<FileColumnSource, { kind: "values" }>): boolean {
  return (
    element.type === "INT32" &&
    values.some((value) => typeof value === "number" && Math.abs(value) >= WIDE_MIN)
  );
}

function writeIntegers(
  output: ByteWriter,
  { element, integers, toStatistic }: Extract<FileColumnSource, { kind: "integers" }>,
  from: number,
  to: number,
): ColumnChunk {
  const type = element.type === "INT32" ? "INT32" : "INT64";
  const pageRows = PAGE_BYTES / (type === "INT32" ? 4 : 8);
  const start = output.offset;
  let [pages, bytes] = [0, 0];
  for (let first = from; first < to;) {
    let end = Math.min(to, first + pageRows);
    let page = packDelta(integers.subarray(first, end));
    if (page.length > PACKED_BYTES_MAX) {
      end = first + Math.ceil((end - first) / 2);
      page = packDelta(integers.subarray(first, end));
    }
    bytes += writePage(output, page, end - first);
    pages += 1;
    first = end;
  }
  let [least, most] = [Infinity, -Infinity];
  for (let row = from; row < to; row += 1) {
    const integer = integers[row] ?? 0;
    least = integer < least ? integer : least;
    most = integer > most ? integer : most;
  }
  return {
    meta_data: {
      type,
      encodings: ["DELTA_BINARY_PACKED"],
      path_in_schema: [element.name],
      codec: CODEC,
      num_values: BigInt(to - from),
      total_compressed_size: BigInt(output.offset - start),
      total_uncompressed_size: BigInt(bytes),
      data_page_offset: BigInt(start),
      statistics: {
        min_value: toStatistic(least),
        max_value: toStatistic(most),
        null_count: 0n,
      },
      encoding_stats: [
        { page_type: "DATA_PAGE_V2", encoding: "DELTA_BINARY_PACKED", count: pages },
      ],
    },
    file_offset: BigInt(start),
  };
}

/** Writes a page of `rows` values, and says how many bytes it has uncompressed, its header counted in. */
function writePage(output: ByteWriter, page: Uint8Array, rows: number): number {
  const compressed = COMPRESSORS.ZSTD(page);
  const headerStart = output.offset;
  writePageHeader(output, {
    type: "DATA_PAGE_V2",
    uncompressed_page_size: page.length,
    compressed_page_size: compressed.length,
    data_page_header_v2: {
      num_values: rows,
      num_nulls: 0,
      num_rows: rows,
      encoding: "DELTA_BINARY_PACKED",
      definition_levels_byte_length: 0,
      repetition_levels_byte_length: 0,
      is_compressed: true,
    },
  });
  const headerBytes = output.offset - headerStart;
  output.appendBytes(compressed);
  return headerBytes + page.length;
}
