import type { CompressionCodec, DecodedArray, SchemaElement } from "hyparquet";
import { deltaBinaryUnpack, deltaLengthByteArray } from "hyparquet/src/delta.js";
import { byteStreamSplit } from "hyparquet/src/encoding.js";
import { readPlain } from "hyparquet/src/plain.js";
import type { PageHeader } from "hyparquet/src/types.js";
import { decompress } from "./foreign-codecs.ts";
import { decodeRuns, readVarint } from "./foreign-runs.ts";

/** A page of a column: its header and the bytes behind it. */
export interface ForeignPage {
  readonly header: PageHeader;
  readonly content: Uint8Array;
  readonly codec: CompressionCodec;
  readonly element: SchemaElement;
}

/** The values of a dictionary page. Throws where the bytes are not what they say. */
export function readDictionary({ header, content, codec, element }: ForeignPage): DecodedArray {
  const count = header.dictionary_page_header?.num_values ?? 0;
  const bytes = decompress(codec, content, header.uncompressed_page_size);
  return readPlainValues(element, bytes, count);
}

/**
 * The raw values of a data page, one a row, null where the file has none. Of hyparquet the decoders
 * of values alone are used: its decoder of runs takes whatever length a run says, and one changed
 * byte can make that a thousand million.
 *
 * Throws where the bytes are not what they say.
 */
export function readValues(page: ForeignPage, dictionary: DecodedArray | undefined): unknown[] {
  const { count, encoding, levels, values } = splitPage(page);
  if (levels === undefined) {
    return [...decodeValues(page.element, encoding, values, count, dictionary)];
  }
  const isThere = decodeRuns(levels, 1, count);
  const present = isThere.reduce((sum, bit) => sum + bit, 0);
  const decoded = decodeValues(page.element, encoding, values, present, dictionary);
  let next = 0;
  return Array.from(isThere, (bit): unknown => {
    next += bit;
    return bit === 0 ? null : decoded[next - 1];
  });
}

interface PageParts {
  readonly count: number;
  readonly encoding: string;
  /** Runs of one bit a row that says whether it has a value; undefined where all have. */
  readonly levels: Uint8Array | undefined;
  readonly values: Uint8Array;
}

function splitPage({ header, content, codec, element }: ForeignPage): PageParts {
  const isOptional = element.repetition_type === "OPTIONAL";
  const v2 = header.data_page_header_v2;
  if (v2 !== undefined) {
    const start = v2.repetition_levels_byte_length;
    const end = start + v2.definition_levels_byte_length;
    const rest = content.subarray(end);
    if (start !== 0 || end < start || (end > start && !isOptional)) {
      throw new RangeError(`column ${element.name} has levels where its schema has none`);
    }
    return {
      count: v2.num_values,
      encoding: v2.encoding,
      levels: isOptional && end > start ? content.subarray(start, end) : undefined,
      values:
        v2.is_compressed === false
          ? rest.slice()
          : decompress(codec, rest, header.uncompressed_page_size - end),
    };
  }
  const v1 = header.data_page_header;
  if (v1 === undefined) {
    throw new TypeError(`a page of type ${header.type} has no header of a data page`);
  }
  if (isOptional && v1.definition_level_encoding !== "RLE") {
    throw new TypeError(
      `levels are encoded with ${v1.definition_level_encoding}, which is not read`,
    );
  }
  const bytes = decompress(codec, content, header.uncompressed_page_size);
  const end = isOptional ? 4 + readerOf(bytes).view.getUint32(0, true) : 0;
  return {
    count: v1.num_values,
    encoding: v1.encoding,
    levels: isOptional ? bytes.subarray(4, end) : undefined,
    values: bytes.slice(end),
  };
}

function decodeValues(
  element: SchemaElement,
  encoding: string,
  bytes: Uint8Array,
  count: number,
  dictionary: DecodedArray | undefined,
): DecodedArray {
  const type = typeOf(element);
  if (count === 0) {
    return [];
  }
  switch (encoding) {
    case "PLAIN":
      return readPlainValues(element, bytes, count);
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY":
      return lookUp(dictionary, decodeRuns(bytes.subarray(1), bytes[0] ?? 0, count));
    case "DELTA_BINARY_PACKED": {
      expectDelta(bytes);
      const output = type === "INT32" ? new Int32Array(count) : new BigInt64Array(count);
      deltaBinaryUnpack(readerOf(bytes), count, output);
      return output;
    }
    case "DELTA_LENGTH_BYTE_ARRAY": {
      expectDelta(bytes);
      const output = Array.from<Uint8Array>({ length: count });
      deltaLengthByteArray(readerOf(bytes), count, output);
      return output;
    }
    case "BYTE_STREAM_SPLIT":
      expectSize(bytes.length, count * widthOf(element));
      return byteStreamSplit(readerOf(bytes), count, type, element.type_length);
    default:
      throw new TypeError(`values are encoded with ${encoding}, which is not read`);
  }
}

/**
 * `count` values that lie one behind the other, and nothing else: where a column is said to have no
 * nulls and has, their levels stand before its values and would pass for one of them.
 */
function readPlainValues(element: SchemaElement, bytes: Uint8Array, count: number): DecodedArray {
  const width = widthOf(element);
  if (!Number.isNaN(width)) {
    expectSize(bytes.length, Math.ceil(count * width));
  }
  const reader = readerOf(bytes);
  const values = readPlain(reader, typeOf(element), count, element.type_length);
  expectSize(bytes.length, reader.offset);
  return values;
}

function expectSize(found: number, expected: number): void {
  if (found !== expected) {
    throw new RangeError(`values of ${expected} bytes lie in a page of ${found}`);
  }
}

/** Bytes of a value; NaN where each has a length of its own. */
function widthOf(element: SchemaElement): number {
  const widths = {
    BOOLEAN: 1 / 8,
    INT32: 4,
    FLOAT: 4,
    INT64: 8,
    DOUBLE: 8,
    INT96: 12,
    BYTE_ARRAY: Number.NaN,
    FIXED_LEN_BYTE_ARRAY: element.type_length ?? 0,
  };
  return widths[typeOf(element)];
}

/** Values of a delta's miniblock: a multiple of so many. */
const MINIBLOCK_UNIT = 32;

/**
 * Refuses a page of deltas whose blocks are none: hyparquet makes room for as many miniblocks as it
 * says, and goes back over the same bytes for ever where they are fewer than none.
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#delta-encoding-delta_binary_packed--5
 */
function expectDelta(bytes: Uint8Array): void {
  const { value: values, end } = readVarint(bytes, 0);
  const { value: miniblocks } = readVarint(bytes, end);
  const inMiniblock = values / miniblocks;
  const isBlock = inMiniblock >= MINIBLOCK_UNIT && inMiniblock % MINIBLOCK_UNIT === 0;
  if (!(isBlock && values < 2 ** 31 && miniblocks <= bytes.length)) {
    throw new RangeError(`${miniblocks} miniblocks cannot share ${values} values`);
  }
}

function lookUp(dictionary: DecodedArray | undefined, places: Uint32Array): unknown[] {
  return Array.from(places, (place): unknown => {
    if (dictionary === undefined || place >= dictionary.length) {
      throw new RangeError(`a dictionary has no value ${place}`);
    }
    return dictionary[place];
  });
}

function typeOf({ name, type }: SchemaElement): NonNullable<SchemaElement["type"]> {
  if (type === undefined) {
    throw new TypeError(`column ${name} has no type`);
  }
  return type;
}

function readerOf(bytes: Uint8Array): { view: DataView; offset: number } {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
}
