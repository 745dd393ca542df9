import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import type { CompressionCodec, Compressors } from "hyparquet";
import { snappyDecompress } from "./foreign-snappy.ts";

const DECOMPRESSORS: Compressors = {
  UNCOMPRESSED: (input) => input,
  SNAPPY: snappyDecompress,
  GZIP: (input, length) => gunzipSync(input, outputLimit(length)),
  BROTLI: (input, length) => brotliDecompressSync(input, outputLimit(length)),
  ZSTD: (input, length) => zstdDecompressSync(input, outputLimit(length)),
};

/** What a page may grow to that says it has `length` bytes: workerd counts its buffer, which doubles. */
function outputLimit(length: number): { maxOutputLength: number } {
  return { maxOutputLength: 2 * length + 65_536 };
}

/** Whether pages that are compressed with `codec` are read. */
export function isCodecRead(codec: CompressionCodec): boolean {
  return DECOMPRESSORS[codec] !== undefined;
}

/** The codecs that are read, for people. */
export const CODECS_READ = "ZSTD, SNAPPY, GZIP, BROTLI and none";

/**
 * The `length` bytes that `input` is of, in memory of their own: what reads behind their end finds
 * nothing. Throws where there are more or fewer.
 */
export function decompress(codec: CompressionCodec, input: Uint8Array, length: number): Uint8Array {
  const output = input.length === 0 ? input : DECOMPRESSORS[codec]?.(input, length);
  if (output?.length !== length) {
    throw new RangeError(`a page has ${output?.length} bytes, it says ${length}`);
  }
  return new Uint8Array(output);
}
