import type { ColumnMetaData, DecodedArray, FileMetaData, SchemaElement } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { FragmentUnreadableError, showValue } from "../core/errors.ts";
import { CODECS_READ, isCodecRead } from "./foreign-codecs.ts";
import { readDictionary, readValues, type ForeignPage } from "./foreign-page.ts";
import { endOfStruct } from "./thrift-bounds.ts";

/** A Parquet file of another program, its footer read. */
export interface ForeignFile {
  readonly bytes: Uint8Array;
  readonly metadata: FileMetaData;
  readonly rows: number;
}

/** How the values of a column become what they stand for. */
export interface ForeignReader<Value> {
  /** The value, or undefined where `raw` stands for none. Nulls do not come here. */
  readonly read: (raw: unknown) => Value | undefined;
  /** What is expected instead, as an error says it. */
  readonly expected: string;
}

/**
 * Most bytes that one column may grow to when it is decompressed: 160 for each row there may be,
 * so that a small file cannot ask for more memory than a Worker has.
 */
const COLUMN_BYTES_MAX = 32 * 1_024 * 1_024;

/** Values of a dictionary: no more than rows, or so many where its writer had it of a larger table. */
const DICTIONARY_VALUES_MAX = 65_536;

/** Values in the header of a page, its statistics among them. */
const HEADER_VALUES_MAX = 1_000;

/**
 * The values of a column, one a row, null where the file has none. Throws FragmentUnreadableError
 * with the first row that holds no such value.
 */
export function readForeignColumn<Value>(
  file: ForeignFile,
  element: SchemaElement,
  reader: ForeignReader<Value>,
): (Value | null)[] {
  const values: (Value | null)[] = [];
  const place = leavesOf(file.metadata).indexOf(element);
  for (const group of file.metadata.row_groups) {
    const chunk = group.columns[place];
    if (chunk?.meta_data === undefined || (chunk.file_path ?? "") !== "") {
      throw new FragmentUnreadableError(
        `column ${element.name} is not in the file itself, or is encrypted`,
      );
    }
    appendValues(values, readChunk(file, element, chunk.meta_data, Number(group.num_rows)), {
      ...reader,
      name: element.name,
    });
  }
  if (values.length !== file.rows) {
    throw new FragmentUnreadableError(
      `column ${element.name} has ${values.length} values: ${file.rows} are expected, one a row`,
    );
  }
  return values;
}

/** The columns that hold values, in the order in which each row group has them. */
export function leavesOf({ schema }: FileMetaData): SchemaElement[] {
  return schema.filter(({ type }) => type !== undefined);
}

function appendValues<Value>(
  values: (Value | null)[],
  raws: Iterable<unknown>,
  { read, expected, name }: ForeignReader<Value> & { readonly name: string },
): void {
  for (const raw of raws) {
    const value = raw === null || raw === undefined ? null : read(raw);
    if (value === undefined) {
      throw new FragmentUnreadableError(
        `row ${values.length}, column ${name} holds ${showRaw(raw)}: ${expected} is expected`,
      );
    }
    values.push(value);
  }
}

/** A raw value as an error shows it. */
export function showRaw(raw: unknown): string {
  if (raw instanceof Uint8Array) {
    return showValue(new TextDecoder().decode(raw.subarray(0, 200)));
  }
  // JSON has no word for NaN and none for a bigint.
  return typeof raw === "number" || typeof raw === "bigint" ? String(raw) : showValue(raw);
}

/** The raw values of one column of one row group, which has `rows` rows. */
function readChunk(
  { bytes }: ForeignFile,
  element: SchemaElement,
  chunk: ColumnMetaData,
  rows: number,
): Generator {
  const start = Number(chunk.dictionary_page_offset ?? 0n) || Number(chunk.data_page_offset);
  const content = bytes.subarray(start, start + Number(chunk.total_compressed_size));
  return readPages(content, element, chunk, rows);
}

/**
 * The raw values of one column of one row group, which has `rows` rows, of `content`, its bytes: null
 * where the file has none. Throws FragmentUnreadableError, or what JavaScript throws where the bytes
 * are not what they say.
 */
export function* readPages(
  content: Uint8Array,
  element: SchemaElement,
  { codec, type, num_values }: ColumnMetaData,
  rows: number,
): Generator {
  if (Number(num_values) !== rows) {
    throw new FragmentUnreadableError(
      `column ${element.name} has ${num_values} values in a row group of ${rows} rows`,
    );
  }
  if (!isCodecRead(codec)) {
    throw new FragmentUnreadableError(
      `column ${element.name} is compressed with ${codec}: ${CODECS_READ} are read`,
    );
  }
  if (type !== element.type || element.repetition_type === undefined) {
    throw new FragmentUnreadableError(
      `column ${element.name} is ${element.repetition_type} ${element.type} in the schema, and ${type} in a row group`,
    );
  }
  let dictionary: DecodedArray | undefined;
  for (const page of findPages(content, element.name, rows)) {
    if (page.header.dictionary_page_header === undefined) {
      yield* readValues({ ...page, codec, element }, dictionary);
    } else {
      dictionary = readDictionary({ ...page, codec, element });
    }
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The pages of a column that has `rows` values, one by one: there may be as many of them as values.
 * What they say of their sizes is held against the limits before anything is allocated by it.
 */
function* findPages(
  content: Uint8Array,
  name: string,
  rows: number,
): Generator<Pick<ForeignPage, "header" | "content">> {
  const reader = { view: viewOf(content), offset: 0 };
  let values = 0;
  let size = 0;
  while (reader.offset < content.byteLength && values < rows) {
    endOfStruct(content, reader.offset, HEADER_VALUES_MAX);
    const header = parquetHeader(reader);
    const inPage = (header.data_page_header ?? header.data_page_header_v2)?.num_values ?? 0;
    const inDictionary = header.dictionary_page_header?.num_values ?? 0;
    const { compressed_page_size, uncompressed_page_size } = header;
    if (!(inPage >= 0 && compressed_page_size >= 0 && uncompressed_page_size >= 0)) {
      throw new FragmentUnreadableError(`column ${name} has a page of a negative size`);
    }
    const end = reader.offset + compressed_page_size;
    values += inPage;
    size += uncompressed_page_size;
    if (values > rows || end > content.byteLength) {
      break;
    }
    if (size > COLUMN_BYTES_MAX) {
      throw new FragmentUnreadableError(
        `column ${name} has ${size} bytes when decompressed: up to ${COLUMN_BYTES_MAX} are read`,
      );
    }
    if (inDictionary > Math.max(rows, DICTIONARY_VALUES_MAX)) {
      throw new FragmentUnreadableError(
        `column ${name} has a dictionary of ${inDictionary} values for ${rows} rows`,
      );
    }
    if (header.type !== "INDEX_PAGE") {
      yield { header, content: content.subarray(reader.offset, end) };
    }
    reader.offset = end;
  }
  if (values !== rows || reader.offset > content.byteLength) {
    throw new FragmentUnreadableError(
      `column ${name} has ${values} values in a row group: ${rows} are expected, one a row`,
    );
  }
}
