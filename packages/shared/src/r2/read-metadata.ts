import { parquetMetadata, type FileMetaData, type MetadataOptions } from "hyparquet";
import { endOfStruct } from "./thrift-bounds.ts";

/**
 * Most values in a footer, at any depth: 500 row groups of a dozen columns. As objects they take some
 * tens of bytes each.
 */
const VALUES_MAX = 250_000;

/** Most elements of a schema: each knows its path, and a chain of them has paths of paths. */
const ELEMENTS_MAX = 2_000;

/** Behind the footer stand its length and the magic. */
const TAIL_BYTES = 8;

/**
 * What the footer of a Parquet file says; `bytes` are the file, or its end with the whole footer. Throws
 * what JavaScript throws where it cannot be read, or says more than is read.
 */
export function readMetadata(
  bytes: Uint8Array,
  parsers: MetadataOptions["parsers"] = {},
): FileMetaData {
  const end = bytes.length - TAIL_BYTES;
  if (end >= 0) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const start = end - view.getUint32(end, true);
    if (start >= 0) {
      endOfStruct(bytes.subarray(0, end), start, VALUES_MAX);
    }
  }
  const metadata = parquetMetadata(bytes, { geoparquet: false, parsers });
  if (metadata.schema.length > ELEMENTS_MAX) {
    throw new RangeError(
      `its schema has ${metadata.schema.length} elements: up to ${ELEMENTS_MAX} are read`,
    );
  }
  return metadata;
}
