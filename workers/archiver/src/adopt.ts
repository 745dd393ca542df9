import { parseArchiveKey } from "@candlehouse/shared/core/archive-key";
import type { ArchiveFile } from "@candlehouse/shared/core/archive";
import { shownSeconds, shownTimeMs } from "@candlehouse/shared/core/clock";
import { ArchiveDamagedError, FragmentUnreadableError } from "@candlehouse/shared/core/errors";
import { partitionOf } from "@candlehouse/shared/core/partition";
import { decodeFragment, describeFragment } from "@candlehouse/shared/r2/decode-fragment";
import { FRAGMENT_BYTES_MAX } from "@candlehouse/shared/r2/decode-foreign-file";
import { MISSING, readObject } from "@candlehouse/shared/r2/read-candle-file";
import type { ArchiverContext } from "./context.ts";
import { registerFragment } from "./fragments-register.ts";
import { fileInUse } from "./partition-files.ts";

/** An object below the archive's folders, as the bucket lists it. */
export type ListedObject = Pick<R2Object, "key" | "uploaded" | "size">;

/** The name of a file that is named by its candles. */
const CONTENT_HASH = /^[\da-f]{64}$/;

/** What an object holds. */
export interface FoundFile {
  /** As a fragment of the partition that its key names. */
  readonly file: ArchiveFile;
  /** Open times of its candles, ascending, unix seconds. */
  readonly timestamps: readonly number[];
}

/** What is wrong with an object whose key is none of the archive's. */
export const UNNAMED = "its key names no partition of a series";

/** Why an object is not read, as far as its list tells; undefined where it can be read. */
export function findListedFault({ key, size }: ListedObject): string | undefined {
  if (parseArchiveKey(key) === undefined) {
    return UNNAMED;
  }
  return size > FRAGMENT_BYTES_MAX
    ? `it has ${size} bytes: up to ${FRAGMENT_BYTES_MAX} are read`
    : undefined;
}

/**
 * What an object holds, as a fragment of the partition that its key names; or, as text, why it is
 * none. Throws StorageUnavailableError where R2 does not answer.
 */
export async function readUnnamed(
  context: Pick<ArchiverContext, "bucket" | "clock" | "realNowMs">,
  object: ListedObject,
): Promise<FoundFile | string> {
  const { key, uploaded } = object;
  const fault = findListedFault(object);
  const named = parseArchiveKey(key);
  if (fault !== undefined || named === undefined) {
    return fault ?? UNNAMED;
  }
  const bytes = await readObject(context.bucket, key);
  if (bytes === undefined) {
    return MISSING;
  }
  const { series, partition, name } = named;
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
    if (CONTENT_HASH.test(name) && name !== description.contentHash) {
      return "its candles are not those its name says";
    }
    const file = fileInUse(named, key, "fragment", description, {
      createdAt,
      verifiedAt: nowSeconds,
    });
    return { file, timestamps: fragment.candles.map(({ timestamp }) => timestamp) };
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
  const found = await readUnnamed(context, object);
  if (typeof found === "string") {
    return found;
  }
  await registerFragment(context.db, found.file, shownSeconds(context), ({ files }) =>
    files.some(({ key }) => key === found.file.key),
  );
  return found.file;
}
