import type { FileDescription } from "@candlehouse/shared/core/archive";
import type { Partition } from "@candlehouse/shared/core/partition";
import { FragmentUnreadableError, StorageUnavailableError } from "@candlehouse/shared/core/errors";
import { sha256Hex } from "@candlehouse/shared/hash/sha256";
import {
  decodeFragment,
  describeFragment,
  type Fragment,
} from "@candlehouse/shared/r2/decode-fragment";
import { readObject } from "@candlehouse/shared/r2/read-candle-file";
import { putObject } from "./archive-object.ts";

/** A fragment of one partition, as it is to lie on R2. */
export interface FragmentObject {
  readonly key: string;
  readonly bytes: Uint8Array;
  /** What `bytes` hold. */
  readonly fragment: Fragment;
  /** SHA-256 of the candles, whatever their encoding; hex. The key is named by it. */
  readonly contentHash: string;
  readonly partition: Partition;
}

/**
 * Keeps a fragment under its key and reads it back; returns what lies there. Where an object with
 * the same candles lies there already, in whatever encoding, it stays; one that was cut or changed
 * is replaced. Throws StorageUnavailableError. Repeatable.
 */
export async function keepFragment(
  bucket: R2Bucket,
  object: FragmentObject,
  nowSeconds: number,
): Promise<FileDescription> {
  const { key, bytes, fragment, partition } = object;
  await putObject(bucket, key, bytes, { etagDoesNotMatch: "*" });
  const there = await readObject(bucket, key);
  const found = there && (await describeThere(there, object, nowSeconds));
  if (found !== undefined) {
    return found;
  }
  await putObject(bucket, key, bytes);
  const again = await readObject(bucket, key);
  if (again === undefined || sha256Hex(again) !== sha256Hex(bytes)) {
    throw new StorageUnavailableError(`R2 does not keep ${key} as it is written`);
  }
  return describeFragment(fragment, bytes, partition);
}

/** What `there` holds, where its candles are those of `object`; undefined where they are not. */
async function describeThere(
  there: Uint8Array,
  { bytes, fragment, contentHash, partition }: FragmentObject,
  nowSeconds: number,
): Promise<FileDescription | undefined> {
  if (sha256Hex(there) === sha256Hex(bytes)) {
    return describeFragment(fragment, bytes, partition);
  }
  try {
    const other = decodeFragment(there, fragment.series, nowSeconds);
    const description = describeFragment(other, there, partition);
    return description.contentHash === contentHash ? description : undefined;
  } catch (error) {
    if (error instanceof FragmentUnreadableError) {
      return undefined;
    }
    throw error;
  }
}
