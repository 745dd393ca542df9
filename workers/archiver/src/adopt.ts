import { parseArchiveKey } from "@candlehouse/shared/core/archive-key";
import type { ArchiveFile } from "@candlehouse/shared/core/archive";
import { shownTimeMs } from "@candlehouse/shared/core/clock";
import { ArchiveDamagedError, FragmentUnreadableError } from "@candlehouse/shared/core/errors";
import { partitionOf } from "@candlehouse/shared/core/partition";
import { decodeFragment, describeFragment } from "@candlehouse/shared/r2/decode-fragment";
import { MISSING, readObject } from "@candlehouse/shared/r2/read-candle-file";
import { shownSeconds, type ArchiverContext } from "./context.ts";
import { fragmentFile, registerFragment } from "./fragments-register.ts";

/** An object below the archive's folders, as the bucket lists it. */
export type ListedObject = Pick<R2Object, "key" | "uploaded">;

/**
 * What an object holds, as a fragment of the partition that its key names; or, as text, why it is
 * none. Throws StorageUnavailableError where R2 does not answer.
 */
export async function readUnnamed(
  context: Pick<ArchiverContext, "bucket" | "clock" | "realNowMs">,
  { key, uploaded }: ListedObject,
): Promise<ArchiveFile | string> {
  const named = parseArchiveKey(key);
  if (named === undefined) {
    return "its key names no partition of a series";
  }
  const bytes = await readObject(context.bucket, key);
  if (bytes === undefined) {
    return MISSING;
  }
  const { series, partition } = named;
  const nowSeconds = shownSeconds(context);
  try {
    const fragment = decodeFragment(bytes, series, nowSeconds);
    const stray = fragment.candles.find(
      ({ timestamp }) => partitionOf(timestamp, series.timeframe) !== partition,
    );
    if (stray !== undefined) {
      return `its candle ${stray.timestamp} is not of ${partition}`;
    }
    const createdAt = Math.floor(shownTimeMs(context.clock, uploaded.getTime()) / 1_000);
    const description = describeFragment(fragment, bytes, partition);
    return fragmentFile(named, key, description, { createdAt, verifiedAt: nowSeconds });
  } catch (error) {
    if (error instanceof FragmentUnreadableError) {
      return error.cause instanceof ArchiveDamagedError ? error.cause.damage : error.message;
    }
    throw error;
  }
}

/**
 * Registers an object that no row names as a fragment, so that its candles come into the archive
 * if they are not there; only compaction can tell. Returns the file, or why there is none.
 */
export async function adoptObject(
  context: ArchiverContext,
  object: ListedObject,
): Promise<ArchiveFile | string> {
  const file = await readUnnamed(context, object);
  if (typeof file !== "string") {
    await registerFragment(context.db, file, shownSeconds(context), ({ files }) =>
      files.some(({ key }) => key === file.key),
    );
  }
  return file;
}
