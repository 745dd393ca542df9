import {
  ARCHIVE_FOLDERS,
  parseArchiveKey,
  partitionFolder,
  type ArchiveFolder,
  type ArchiveKey,
} from "@candlehouse/shared/core/archive-key";
import { StorageUnavailableError } from "@candlehouse/shared/core/errors";
import type { SeriesPartition } from "@candlehouse/shared/core/series-partition";
import { UNNAMED, type ListedObject } from "./adopt.ts";

/** Partitions that have an object on R2. */
export interface StoredPartitions {
  /** In the order of their folders. */
  readonly found: readonly SeriesPartition[];
  /** Objects among them whose keys name no partition. */
  readonly unnamed: readonly { readonly key: string; readonly damage: string }[];
  /** Whether there are none behind these. */
  readonly isAll: boolean;
}

/** Behind every name that a file in a folder may have. */
const BEHIND_NAMES = "~";

const FOLDERS: readonly ArchiveFolder[] = ["candles", "fragments"];

/**
 * The first partitions behind `after` that have an object, as far as one list of each folder goes
 * that names any. Where there are more behind them, there is at least one.
 */
export async function listStoredPartitions(
  bucket: R2Bucket,
  after: SeriesPartition | undefined,
): Promise<StoredPartitions> {
  const found = new Map<string, SeriesPartition>();
  const unnamed: { path: string; key: string }[] = [];
  // Up to here both lists are whole. A list that was cut may have cut a partition: it is listed again.
  let end: string | undefined;
  for (const folder of FOLDERS) {
    const listed = await listFolder(bucket, folder, after);
    for (const named of listed.named) {
      found.set(pathOf(named), { series: named.series, partition: named.partition });
    }
    unnamed.push(...listed.unnamed);
    if (listed.end !== undefined) {
      end = end === undefined || listed.end < end ? listed.end : end;
    }
  }
  const isBefore = (path: string) => end === undefined || path <= end;
  const sorted = [...found]
    .filter(([path]) => isBefore(path))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    found: sorted.map(([, one]) => one),
    unnamed: unnamed
      .filter(({ path }) => isBefore(path))
      .map(({ key }) => ({ key, damage: UNNAMED })),
    isAll: end === undefined,
  };
}

/** What a folder has behind a partition. Paths are keys without the folder. */
interface FolderList {
  readonly named: readonly ArchiveKey[];
  readonly unnamed: readonly { readonly path: string; readonly key: string }[];
  /** The path up to which it was listed; undefined where that is all. */
  readonly end: string | undefined;
}

/** Lists page after page until one names a partition: other objects may fill any number of pages. */
async function listFolder(
  bucket: R2Bucket,
  folder: ArchiveFolder,
  after: SeriesPartition | undefined,
): Promise<FolderList> {
  const prefix = ARCHIVE_FOLDERS[folder];
  const named: ArchiveKey[] = [];
  const unnamed: { path: string; key: string }[] = [];
  let startAfter =
    after === undefined
      ? prefix
      : `${partitionFolder(folder, after.series, after.partition)}${BEHIND_NAMES}`;
  for (;;) {
    const { objects, truncated } = await list(bucket, { prefix, startAfter });
    for (const { key } of objects) {
      const parsed = parseArchiveKey(key);
      if (parsed === undefined) {
        unnamed.push({ path: key.slice(prefix.length), key });
      } else {
        named.push(parsed);
      }
    }
    startAfter = objects.at(-1)?.key ?? startAfter;
    if (!truncated || named.length > 0) {
      return { named, unnamed, end: truncated ? startAfter.slice(prefix.length) : undefined };
    }
  }
}

/** All objects of a partition, in both folders. */
export async function listObjects(
  bucket: R2Bucket,
  { series, partition }: SeriesPartition,
): Promise<ListedObject[]> {
  const found: ListedObject[] = [];
  for (const folder of FOLDERS) {
    const prefix = partitionFolder(folder, series, partition);
    let startAfter = prefix;
    for (;;) {
      const { objects, truncated } = await list(bucket, { prefix, startAfter });
      found.push(...objects);
      startAfter = objects.at(-1)?.key ?? startAfter;
      if (!truncated) {
        break;
      }
    }
  }
  // A year's folder would hold a month's, if a series ever had both.
  return found.filter(({ key }) => parseArchiveKey(key)?.partition === partition);
}

/** A partition's folder below either of the archive's. */
function pathOf({ series, partition }: SeriesPartition): string {
  return partitionFolder("candles", series, partition).slice(ARCHIVE_FOLDERS.candles.length);
}

async function list(bucket: R2Bucket, options: R2ListOptions): Promise<R2Objects> {
  try {
    return await bucket.list(options);
  } catch (cause) {
    throw new StorageUnavailableError(`R2 did not list ${options.prefix}: ${String(cause)}`, {
      cause,
    });
  }
}
