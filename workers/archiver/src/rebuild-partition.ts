import type { ArchiveFile } from "@candlehouse/shared/core/archive";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import { StorageUnavailableError } from "@candlehouse/shared/core/errors";
import {
  formatSeriesPartition,
  type SeriesPartition,
} from "@candlehouse/shared/core/series-partition";
import { readAllFiles } from "@candlehouse/shared/d1/archive-claims";
import {
  applyChange,
  readPartitionState,
  type PartitionState,
} from "@candlehouse/shared/d1/archive-manifest";
import { MISSING } from "@candlehouse/shared/r2/read-candle-file";
import { inspectFile } from "@candlehouse/shared/r2/inspect-file";
import type { ArchiverContext } from "./context.ts";
import { CHANGE_ATTEMPTS_MAX } from "./fragments-register.ts";
import { currentFileOf } from "./partition-files.ts";
import { findNewest, isCovered, readObjects, type FoundObjects } from "./rebuild-objects.ts";
import { reportDamage } from "./report-damage.ts";
import { inspectAndRecord } from "./verify-file.ts";

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
    `the files of ${formatSeriesPartition(of)} changed ${CHANGE_ATTEMPTS_MAX} times while they were catalogued, or a clean-up deletes some of them`,
  );
}

/** Undefined where another change of the partition came first, or a clean-up deletes files of it. */
async function rebuildOnce(
  context: ArchiverContext,
  of: SeriesPartition,
): Promise<PartitionOutcome | undefined> {
  const state = await readPartitionState(context.db, of.series, of.partition);
  const known = currentFileOf(state);
  const damage = known === undefined ? undefined : await findDamage(context, known);
  if (known !== undefined && damage === undefined) {
    return { ...NOTHING, isKept: true, bytes: known.bytes };
  }
  const rows = await readAllFiles(context.db, of);
  if (rows.some((file) => file.state === "deleting")) {
    return undefined;
  }
  const objects = await readObjects(context, of, rows);
  const bytes = objects.sound.reduce((sum, file) => sum + file.bytes, known?.bytes ?? 0);
  const { damaged } = withDamage(objects, known, damage);
  if (objects.sound.length === 0 || !isCovered(known, objects.timestamps)) {
    return { ...NOTHING, bytes, damaged };
  }
  const current = await findNewest(context.bucket, objects.sound);
  const add = objects.sound.map((file): ArchiveFile =>
    file === current ? { ...file, state: "current" } : file,
  );
  await reportDamaged(context, state, objects);
  if (!(await applyRebuild(context, of, state, add))) {
    return undefined;
  }
  return {
    isKept: false,
    isRestored: current !== undefined,
    fragments: add.filter((file) => file.state === "fragment").length,
    bytes,
    damaged,
  };
}

const NOTHING: PartitionOutcome = {
  isKept: false,
  isRestored: false,
  fragments: 0,
  bytes: 0,
  damaged: [],
};

/**
 * What is wrong with the current file; it is in the manifest before anything else is read, so that
 * no clean-up deletes another file of the partition for it.
 */
async function findDamage(
  context: ArchiverContext,
  known: ArchiveFile,
): Promise<string | undefined> {
  if (known.damage !== null) {
    return inspectAndRecord(context, known);
  }
  const damage = await inspectFile(context.bucket, known);
  if (damage !== undefined) {
    await reportDamage(context, known, damage);
  }
  return damage;
}

/** The damaged objects, the current file once among them, with what was found wrong with it. */
function withDamage(
  { damaged }: FoundObjects,
  known: ArchiveFile | undefined,
  damage: string | undefined,
): Pick<PartitionOutcome, "damaged"> {
  return known === undefined || damage === undefined
    ? { damaged }
    : { damaged: [{ key: known.key, damage }, ...damaged.filter(({ key }) => key !== known.key)] };
}

/** Notes what is wrong with the fragments that the manifest has, before they leave it. */
async function reportDamaged(
  context: ArchiverContext,
  { files }: PartitionState,
  { sound, damaged }: FoundObjects,
): Promise<void> {
  for (const file of files.filter(({ state }) => state === "fragment")) {
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
  { files, leaving, head }: PartitionState,
  add: readonly ArchiveFile[],
): Promise<boolean> {
  const added = new Set(add.map(({ key }) => key));
  const remove = files.filter(({ key }) => !added.has(key)).map(({ key }) => key);
  const reused = [...leaving].filter((key) => added.has(key));
  const at = shownSeconds({ clock, realNowMs });
  const change = { series, partition, at, kind: "rebuild", add, remove, reused } as const;
  return applyChange(db, change, head);
}
