import type { ArchiveFile } from "@candlehouse/shared/core/archive";
import { parseArchiveKey } from "@candlehouse/shared/core/archive-key";
import { StorageUnavailableError } from "@candlehouse/shared/core/errors";
import {
  formatSeriesPartition,
  type SeriesPartition,
} from "@candlehouse/shared/core/series-partition";
import {
  applyChange,
  readPartitionState,
  type PartitionState,
} from "@candlehouse/shared/d1/archive-manifest";
import { MISSING, readFooter } from "@candlehouse/shared/r2/read-candle-file";
import { inspectFile } from "@candlehouse/shared/r2/inspect-file";
import { readUnnamed } from "./adopt.ts";
import { shownSeconds, type ArchiverContext } from "./context.ts";
import { CHANGE_ATTEMPTS_MAX } from "./fragments-register.ts";
import { currentFileOf } from "./partition-files.ts";
import { listObjects } from "./rebuild-list.ts";
import { reportDamage } from "./report-damage.ts";

/** What became of a partition. */
export interface PartitionOutcome {
  /** Whether its current file was in the manifest and right, so that nothing was changed. */
  readonly isKept: boolean;
  /** Whether it has a current file again. */
  readonly isRestored: boolean;
  /** Objects that are fragments now. */
  readonly fragments: number;
  /** Bytes that were read. */
  readonly bytes: number;
  readonly damaged: readonly { readonly key: string; readonly damage: string }[];
}

/** Rebuilds the manifest of one partition from its objects. Repeatable. */
export async function rebuildPartition(
  context: ArchiverContext,
  of: SeriesPartition,
): Promise<PartitionOutcome> {
  for (let attempt = 0; attempt < CHANGE_ATTEMPTS_MAX; attempt += 1) {
    const outcome = await rebuildOnce(context, of);
    if (outcome !== undefined) {
      return outcome;
    }
  }
  throw new StorageUnavailableError(
    `the files of ${formatSeriesPartition(of)} changed ${CHANGE_ATTEMPTS_MAX} times while they were catalogued`,
  );
}

/** Undefined where another change of the partition came first. */
async function rebuildOnce(
  context: ArchiverContext,
  of: SeriesPartition,
): Promise<PartitionOutcome | undefined> {
  const state = await readPartitionState(context.db, of.series, of.partition);
  const known = currentFileOf(state);
  if (known !== undefined && (await inspectFile(context.bucket, known)) === undefined) {
    return { isKept: true, isRestored: false, fragments: 0, bytes: known.bytes, damaged: [] };
  }
  const { sound, damaged } = await readObjects(context, of);
  const current = await findNewest(context.bucket, sound);
  const add = sound.map((file): ArchiveFile =>
    file === current ? { ...file, state: "current" } : file,
  );
  await reportDamaged(context, state, { sound, damaged });
  if (add.length > 0 && !(await applyRebuild(context, of, state, add))) {
    return undefined;
  }
  return {
    isKept: false,
    isRestored: current !== undefined,
    fragments: add.filter((file) => file.state === "fragment").length,
    bytes: sound.reduce((sum, file) => sum + file.bytes, known?.bytes ?? 0),
    damaged,
  };
}

interface FoundObjects {
  readonly sound: readonly ArchiveFile[];
  readonly damaged: readonly { readonly key: string; readonly damage: string }[];
}

/** Every object of the partition, one after the other: one file is in memory at a time. */
async function readObjects(context: ArchiverContext, of: SeriesPartition): Promise<FoundObjects> {
  const sound: ArchiveFile[] = [];
  const damaged: { key: string; damage: string }[] = [];
  for (const object of await listObjects(context.bucket, of)) {
    const file = await readUnnamed(context, object);
    if (typeof file === "string") {
      damaged.push({ key: object.key, damage: file });
    } else {
      sound.push(file);
    }
  }
  return { sound, damaged };
}

/**
 * The file that was current last, as far as R2 can tell: of the archive's own files, the one that
 * follows the latest change; of two, the one with more candles.
 */
async function findNewest(
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

/** Notes what is wrong with files that the manifest has, before they leave it. */
async function reportDamaged(
  context: ArchiverContext,
  { files }: PartitionState,
  { sound, damaged }: FoundObjects,
): Promise<void> {
  for (const file of files) {
    if (!sound.some(({ key }) => key === file.key)) {
      const found = damaged.find(({ key }) => key === file.key);
      await reportDamage(context, file, found?.damage ?? MISSING);
    }
  }
}

/** The files on R2 come into the manifest; what it has beside them is replaced. */
async function applyRebuild(
  { db, clock, realNowMs }: ArchiverContext,
  { series, partition }: SeriesPartition,
  { files, head }: PartitionState,
  add: readonly ArchiveFile[],
): Promise<boolean> {
  const added = new Set(add.map(({ key }) => key));
  const remove = files.filter(({ key }) => !added.has(key)).map(({ key }) => key);
  const at = shownSeconds({ clock, realNowMs });
  return applyChange(db, { series, partition, at, kind: "rebuild", add, remove }, head);
}
