import { StorageUnavailableError } from "@candlehouse/shared/core/errors";
import { sha256Hex } from "@candlehouse/shared/hash/sha256";

const CONTENT_TYPE = "application/vnd.apache.parquet";

/**
 * Puts a Parquet file where the condition holds, or whatever lies there, and says whether it did.
 * R2 checks the bytes' hash. Throws StorageUnavailableError.
 */
export async function putObject(
  bucket: R2Bucket,
  key: string,
  bytes: Uint8Array,
  onlyIf?: R2Conditional,
): Promise<boolean> {
  try {
    const object = await bucket.put(key, bytes, {
      ...(onlyIf === undefined ? {} : { onlyIf }),
      sha256: sha256Hex(bytes),
      httpMetadata: { contentType: CONTENT_TYPE },
    });
    return object !== null;
  } catch (cause) {
    throw new StorageUnavailableError(`R2 did not take ${key}: ${String(cause)}`, { cause });
  }
}

/** What R2 says of an object; null where there is none. Throws StorageUnavailableError. */
export async function headObject(bucket: R2Bucket, key: string): Promise<R2Object | null> {
  try {
    return await bucket.head(key);
  } catch (cause) {
    throw new StorageUnavailableError(`R2 did not answer for ${key}: ${String(cause)}`, { cause });
  }
}
