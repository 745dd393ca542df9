import type { ArchiveFile, FileDescription } from "@candlehouse/shared/core/archive";
import type { Candle } from "@candlehouse/shared/core/candle";
import { chunk } from "@candlehouse/shared/core/message-plan";
import type { Series } from "@candlehouse/shared/core/series";
import type { SeriesPartition } from "@candlehouse/shared/core/series-partition";
import type { PartitionState } from "@candlehouse/shared/d1/archive-manifest";
import { ARCHIVE_CHUNK, readHotPage, recordRevisions } from "@candlehouse/shared/d1/hot-candles";
import { decodeWholeFile } from "@candlehouse/shared/r2/describe-file";
import { readWholeFile } from "@candlehouse/shared/r2/read-candle-file";

/** Rows that one read of D1 gives: about a megabyte. */
export const HOT_PAGE_ROWS = 10_000;

/** The hot candles of `from` (inclusive) to `to` (exclusive), unix seconds, a read of D1 a page. */
export async function* readHotPages(
  db: D1Database,
  series: Series,
  from: number,
  to: number,
): AsyncGenerator<readonly Candle[], void> {
  for (let start = from; ;) {
    const page = await readHotPage(db, series, start, to, HOT_PAGE_ROWS);
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < HOT_PAGE_ROWS) {
      return;
    }
    start = last.timestamp + 1;
  }
}

/** The file that answers queries; undefined where the partition has none. */
export function currentFileOf({ files }: PartitionState): ArchiveFile | undefined {
  return files.find(({ state }) => state === "current");
}

/**
 * The candles of a current file, or none where there is no file. Throws ArchiveDamagedError where
 * one byte of it is not what the manifest says.
 */
export async function readCurrent(
  bucket: R2Bucket,
  file: ArchiveFile | undefined,
): Promise<Candle[]> {
  if (file === undefined) {
    return [];
  }
  return decodeWholeFile(await readWholeFile(bucket, file), file.key).candles;
}

/** The manifest's entry for a file that is in use and was read whole. Times are unix seconds. */
export function fileInUse(
  { series, partition }: SeriesPartition,
  key: string,
  state: "current" | "fragment",
  description: FileDescription,
  { createdAt, verifiedAt }: { readonly createdAt: number; readonly verifiedAt: number },
): ArchiveFile {
  return {
    ...description,
    series,
    partition,
    key,
    state,
    createdAt,
    replacedAt: null,
    verifiedAt,
    damage: null,
  };
}

/** The last millisecond of a second: a time that was recorded in seconds lies before the next. */
export function endOfSecondMs(seconds: number): number {
  return seconds * 1_000 + 999;
}

/** When the values of revisions were seen, and since when they may have been. Unix milliseconds. */
export interface Seen {
  readonly atMs: number;
  readonly sinceMs?: number;
}

/** `recordRevisions` for any number of candles. Repeatable. */
export async function recordDifferences(
  db: D1Database,
  series: Series,
  differing: readonly Candle[],
  { atMs, sinceMs }: Seen,
): Promise<number> {
  let recorded = 0;
  for (const candles of chunk(differing, ARCHIVE_CHUNK)) {
    recorded += await recordRevisions(db, series, candles, atMs, sinceMs);
  }
  return recorded;
}
