import { parquetReadObjects } from "hyparquet";

/** Decompressors by Parquet's names of codecs. */
type Decompressors = Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>>;

/**
 * The rows of a Parquet file by another reader than the product's, with the numbers that it makes
 * of them, which are doubles; undefined where this reader cannot read it.
 */
export async function readParquetPlainly(
  bytes: Uint8Array<ArrayBuffer>,
  compressors: Decompressors,
): Promise<readonly Readonly<Record<string, unknown>>[] | undefined> {
  try {
    return await parquetReadObjects({ file: bytes.buffer, compressors, utf8: true });
  } catch {
    return undefined;
  }
}
