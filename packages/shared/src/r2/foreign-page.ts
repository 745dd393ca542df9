import type { CompressionCodec, DecodedArray, SchemaElement } from "hyparquet";
import { deltaBinaryUnpack, deltaLengthByteArray } from "hyparquet/src/delta.js";
import { byteStreamSplit } from "hyparquet/src/encoding.js";
import { readPlain } from "hyparquet/src/plain.js";
import type { PageHeader } from "hyparquet/src/types.js";
import { decompress } from "./foreign-codecs.ts";
import { decodeRuns } from "./foreign-runs.ts";

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
  return readPlain(readerOf(bytes), typeOf(element), count, element.type_length);
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
      return readPlain(readerOf(bytes), type, count, element.type_length);
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY":
      return lookUp(dictionary, decodeRuns(bytes.subarray(1), bytes[0] ?? 0, count));
    case "DELTA_BINARY_PACKED": {
      const output = type === "INT32" ? new Int32Array(count) : new BigInt64Array(count);
      deltaBinaryUnpack(readerOf(bytes), count, output);
      return output;
    }
    case "DELTA_LENGTH_BYTE_ARRAY": {
      const output = Array.from<Uint8Array>({ length: count });
      deltaLengthByteArray(readerOf(bytes), count, output);
      return output;
    }
    case "BYTE_STREAM_SPLIT":
      return byteStreamSplit(readerOf(bytes), count, type, element.type_length);
    default:
      throw new TypeError(`values are encoded with ${encoding}, which is not read`);
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
