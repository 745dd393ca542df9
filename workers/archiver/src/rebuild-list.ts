import {
  ARCHIVE_FOLDERS,
  parseArchiveKey,
  partitionFolder,
  type ArchiveFolder,
} from "@candlehouse/shared/core/archive-key";
import { StorageUnavailableError } from "@candlehouse/shared/core/errors";
import type { SeriesPartition } from "@candlehouse/shared/core/series-partition";
import type { ListedObject } from "./adopt.ts";

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

/** The first partitions behind `after` that have an object, as far as one list of each folder goes. */
export async function listStoredPartitions(
  bucket: R2Bucket,
  after: SeriesPartition | undefined,
): Promise<StoredPartitions> {
  const found = new Map<string, SeriesPartition>();
  const unnamed: { key: string; damage: string }[] = [];
  // Up to here both lists are whole. A list that was cut may have cut a partition: it is listed again.
  let end: string | undefined;
  for (const folder of FOLDERS) {
    const prefix = ARCHIVE_FOLDERS[folder];
    const startAfter =
      after === undefined
        ? prefix
        : `${partitionFolder(folder, after.series, after.partition)}${BEHIND_NAMES}`;
    const { objects, truncated } = await list(bucket, { prefix, startAfter });
    for (const { key } of objects) {
      const named = parseArchiveKey(key);
      if (named === undefined) {
        unnamed.push({ key, damage: "its key names no partition of a series" });
      } else {
        found.set(pathOf(named), { series: named.series, partition: named.partition });
      }
    }
    const last = objects.at(-1);
    if (truncated && last !== undefined) {
      const path = last.key.slice(prefix.length, last.key.lastIndexOf("/") + 1);
      end = end === undefined || path < end ? path : end;
    }
  }
  const sorted = [...found]
    .filter(([path]) => end === undefined || path <= end)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { found: sorted.map(([, one]) => one), unnamed, isAll: end === undefined };
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
