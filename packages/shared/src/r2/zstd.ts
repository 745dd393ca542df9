import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";

/** The level that zstd itself takes; higher ones gain nothing on integers that are packed already. */
const LEVEL = 3;

/** Compressors by Parquet's names of codecs. Each page carries a checksum, which reading checks. */
export const COMPRESSORS = {
  ZSTD: (bytes: Uint8Array): Uint8Array =>
    zstdCompressSync(bytes, {
      params: {
        [constants.ZSTD_c_compressionLevel]: LEVEL,
        [constants.ZSTD_c_checksumFlag]: 1,
      },
    }),
};

/**
 * Most bytes that a page of ours becomes: a hundred times what one has. A file that was handed in
 * may say that it is ours and be made to grow.
 */
const PAGE_BYTES_MAX = 4 * 1_024 * 1_024;

/** Decompressors by Parquet's names of codecs. Each throws where the page is not what was written. */
export const DECOMPRESSORS = {
  ZSTD: (bytes: Uint8Array): Uint8Array =>
    zstdDecompressSync(bytes, { maxOutputLength: PAGE_BYTES_MAX }),
};
