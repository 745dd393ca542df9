import type { ArchiveFile, ChainHead, FileDescription } from "@candlehouse/shared/core/archive";
import type { Candle } from "@candlehouse/shared/core/candle";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import { ArchiveDamagedError } from "@candlehouse/shared/core/errors";
import { mergeCandles } from "@candlehouse/shared/core/merge-candles";
import { chunk } from "@candlehouse/shared/core/message-plan";
import { partitionStart } from "@candlehouse/shared/core/partition";
import { formatSeries } from "@candlehouse/shared/core/series";
import type { SeriesPartition } from "@candlehouse/shared/core/series-partition";
import { applyChange, readPartitionState } from "@candlehouse/shared/d1/archive-manifest";
import { ARCHIVE_CHUNK, deleteArchived } from "@candlehouse/shared/d1/hot-candles";
import { log } from "@candlehouse/shared/log/log";
import type { ArchiverContext } from "./context.ts";
import {
  fileInUse,
  currentFileOf,
  endOfSecondMs,
  readCurrent,
  readHotPages,
  recordDifferences,
} from "./partition-files.ts";
import { verifyFile, writeFile, type WrittenFile } from "./write-file.ts";

/** What the steps work on. */
export type StepContext = Pick<ArchiverContext, "db" | "bucket" | "clock" | "realNowMs">;

/** The hot candles of a partition that are to be archived: those before `until`, unix seconds. */
export interface ArchiveParams extends SeriesPartition {
  /** Exclusive. */
  readonly until: number;
}

/** What the step "write" did, for the steps after it. Times are unix seconds. */
export interface WriteOutcome {
  /** The change of the partition that the merge started from. */
  readonly head: ChainHead;
  /** Key of the file that was current then. */
  readonly replaces: string | null;
  /** The new file; null where the current one holds all timestamps already. */
  readonly written: WrittenFile | null;
  /** Its key, where a file that was leaving the archive had it before. */
  readonly reused: readonly string[];
  /** Open times of the first and the last hot candle that was read. */
  readonly hotFirst: number;
  readonly hotLast: number;
  readonly added: number;
  readonly same: number;
  readonly revised: number;
  readonly at: number;
  /** Real time, unix milliseconds. */
  readonly startedMs: number;
}

/** What the step "verify" found: what the file is, or what is wrong with it. */
export type VerifyOutcome =
  | { readonly file: FileDescription; readonly damage: null }
  | { readonly file: null; readonly damage: string };

/**
 * Merges the hot candles with those of the current file and writes the file that holds both. Hot
 * candles that say otherwise than the file become revisions. Null where there is no hot candle.
 */
export async function writeStep(
  context: StepContext,
  params: ArchiveParams,
): Promise<WriteOutcome | null> {
  const { db, bucket } = context;
  const { series, partition } = params;
  const startedMs = context.realNowMs();
  const at = shownSeconds(context);
  // The head first: whatever changes the partition from here on makes the swap fail.
  const state = await readPartitionState(db, series, partition);
  const hot = await readHot(db, params);
  const [first, last] = [hot[0], hot.at(-1)];
  if (first === undefined || last === undefined) {
    return null;
  }
  const current = currentFileOf(state);
  const merged = mergeCandles(await readCurrent(bucket, current), hot);
  const revised = await recordDifferences(db, series, merged.differing, {
    atMs: at * 1_000,
    // What differs came after the last merge: that one took, or recorded, all that was hot.
    sinceMs: endOfSecondMs(state.mergedAt ?? at),
  });
  const written =
    merged.added === 0
      ? null
      : await writeFile(
          bucket,
          { series, partition, candles: merged.candles, head: state.head },
          logRepair(params),
        );
  return {
    head: state.head,
    replaces: current?.key ?? null,
    written,
    reused: written !== null && state.leaving.has(written.key) ? [written.key] : [],
    hotFirst: first.timestamp,
    hotLast: last.timestamp,
    added: merged.added,
    same: merged.same,
    revised,
    at,
    startedMs,
  };
}

/** Reads the new file back. */
export async function verifyStep(
  { bucket }: StepContext,
  params: ArchiveParams,
  written: WrittenFile,
): Promise<VerifyOutcome> {
  try {
    return { file: await verifyFile(bucket, written, params.partition), damage: null };
  } catch (error) {
    if (error instanceof ArchiveDamagedError) {
      logRepair(params)(error.key, error.damage);
      return { file: null, damage: error.damage };
    }
    throw error;
  }
}

/**
 * Makes the verified file the current one. Where there is no new file, the change says no more than
 * when the hot candles were merged, for the next run. False where another change came first.
 */
export function swapStep(
  { db }: StepContext,
  { series, partition }: ArchiveParams,
  { head, at, replaces, written, reused }: WriteOutcome,
  file: FileDescription | null,
): Promise<boolean> {
  const add: ArchiveFile[] = [];
  const remove: string[] = [];
  if (written !== null && file !== null) {
    add.push(
      fileInUse({ series, partition }, written.key, "current", file, {
        createdAt: at,
        verifiedAt: at,
      }),
    );
    remove.push(...(replaces === null ? [] : [replaces]));
  }
  const change = { series, partition, at, kind: "archive", add, remove, reused } as const;
  return applyChange(db, change, head);
}

/** What a run did. */
export interface ArchiveOutcome {
  readonly key: string | null;
  readonly rows: number;
  readonly added: number;
  readonly same: number;
  readonly revised: number;
  readonly deleted: number;
}

/**
 * Deletes the hot candles that the current file holds. It is read whole for that: what is deleted
 * follows from its verified bytes alone, not from what earlier steps remember. Throws
 * StorageUnavailableError where another file becomes the current one meanwhile.
 */
export async function deleteStep(
  context: StepContext,
  { series, partition }: ArchiveParams,
  { hotFirst, hotLast, added, same, revised, startedMs }: WriteOutcome,
): Promise<ArchiveOutcome> {
  const { db, bucket } = context;
  const current = currentFileOf(await readPartitionState(db, series, partition));
  let deleted = 0;
  if (current !== undefined) {
    const archived = (await readCurrent(bucket, current)).filter(
      ({ timestamp }) => timestamp >= hotFirst && timestamp <= hotLast,
    );
    for (const candles of chunk(archived, ARCHIVE_CHUNK)) {
      deleted += await deleteArchived(db, series, candles, current);
    }
  }
  const [rows, bytes] = [current?.rows ?? 0, current?.bytes ?? 0];
  const outcome = { key: current?.key ?? null, rows, added, same, revised, deleted };
  log("archive.stored", {
    series: formatSeries(series),
    partition,
    ...outcome,
    bytes,
    bytesPerCandle: bytesPerCandle(bytes, rows),
    durationMs: context.realNowMs() - startedMs,
  });
  return outcome;
}

/** To a thousandth. */
export function bytesPerCandle(bytes: number, rows: number): number {
  return rows === 0 ? 0 : Math.round((bytes / rows) * 1_000) / 1_000;
}

/** Tells the log of an object that was not what it should have been and is written again. */
export function logRepair({
  series,
  partition,
}: SeriesPartition): (key: string, damage: string) => void {
  return (key, damage) => {
    log("archive.rewritten", { series: formatSeries(series), partition, key, reason: damage });
  };
}

async function readHot(db: D1Database, { series, partition, until }: ArchiveParams) {
  const hot: Candle[] = [];
  for await (const page of readHotPages(db, series, partitionStart(partition), until)) {
    for (const candle of page) {
      hot.push(candle);
    }
  }
  return hot;
}
