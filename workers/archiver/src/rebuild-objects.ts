import type { ArchiveFile } from "@candlehouse/shared/core/archive";
import { parseArchiveKey } from "@candlehouse/shared/core/archive-key";
import type { SeriesPartition } from "@candlehouse/shared/core/series-partition";
import { countDays } from "@candlehouse/shared/r2/describe-file";
import { readFooter } from "@candlehouse/shared/r2/read-candle-file";
import { readUnnamed } from "./adopt.ts";
import type { ArchiverContext } from "./context.ts";
import { listObjects } from "./rebuild-list.ts";

/** What the objects of a partition hold. */
export interface FoundObjects {
  readonly sound: readonly ArchiveFile[];
  /** Open times of the candles in them, unix seconds. */
  readonly timestamps: ReadonlySet<number>;
  readonly damaged: readonly { readonly key: string; readonly damage: string }[];
}

/**
 * Every object of the partition, one after the other: one file is in memory at a time. `rows` is all
 * that the manifest has of it: an object is sound only where it is the file of which its row tells.
 */
export async function readObjects(
  context: ArchiverContext,
  of: SeriesPartition,
  rows: readonly ArchiveFile[],
): Promise<FoundObjects> {
  const sound: ArchiveFile[] = [];
  const timestamps = new Set<number>();
  const damaged: { key: string; damage: string }[] = [];
  for (const object of await listObjects(context.bucket, of)) {
    const found = await readUnnamed(context, object);
    const row = rows.find(({ key }) => key === object.key);
    if (typeof found === "string") {
      damaged.push({ key: object.key, damage: found });
    } else if (row !== undefined && row.fileHash !== found.file.fileHash) {
      damaged.push({ key: object.key, damage: "it is not the file of which the manifest tells" });
    } else {
      sound.push({ ...found.file, createdAt: row?.createdAt ?? found.file.createdAt });
      for (const timestamp of found.timestamps) {
        timestamps.add(timestamp);
      }
    }
  }
  return { sound, timestamps, damaged };
}

/**
 * Whether each day has at least as many candles at `timestamps` as the file `known` had. Where not,
 * a rebuild would make of a loss that queries tell about one that nobody sees.
 */
export function isCovered(
  known: ArchiveFile | undefined,
  timestamps: ReadonlySet<number>,
): boolean {
  if (known === undefined) {
    return true;
  }
  const sorted = [...timestamps].toSorted((a, b) => a - b);
  const counts = countDays(
    sorted.map((timestamp) => ({ timestamp })),
    known.partition,
  );
  return known.dayCounts.every((count, day) => (counts[day] ?? 0) >= count);
}

/**
 * The file that was current last, as far as R2 can tell: of the archive's own files, the one that
 * follows the latest change; of two, the one with more candles.
 */
export async function findNewest(
  bucket: R2Bucket,
  sound: readonly ArchiveFile[],
): Promise<ArchiveFile | undefined> {
  let newest: { readonly file: ArchiveFile; readonly sequence: number } | undefined;
  for (const file of sound) {
    if (file.format !== 0 && parseArchiveKey(file.key)?.folder === "candles") {
      const { sequence } = await readFooter(bucket, file);
      const isNewer =
        newest === undefined ||
        sequence > newest.sequence ||
        (sequence === newest.sequence && file.rows > newest.file.rows);
      newest = isNewer ? { file, sequence } : newest;
    }
  }
  return newest?.file;
}
