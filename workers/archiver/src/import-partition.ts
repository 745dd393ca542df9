import { archiveKey } from "@candlehouse/shared/core/archive-key";
import type { FileDescription } from "@candlehouse/shared/core/archive";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import { ArchiveDamagedError, StorageUnavailableError } from "@candlehouse/shared/core/errors";
import type { Partition } from "@candlehouse/shared/core/partition";
import { applyChange, type PartitionFiles } from "@candlehouse/shared/d1/archive-manifest";
import { sha256Hex } from "@candlehouse/shared/hash/sha256";
import type { CandleBlock } from "@candlehouse/shared/import/candle-block";
import {
  ROW_CONTRADICTS,
  ROW_DIFFERS,
  ROW_HELD,
  ROW_NEW,
  rowsIn,
} from "@candlehouse/shared/import/compare-rows";
import { distinctRows } from "@candlehouse/shared/import/distinct-rows";
import { describeColumns } from "@candlehouse/shared/r2/describe-columns";
import { encodeColumns, type EncodedFile } from "@candlehouse/shared/r2/encode-columns";
import { readObject } from "@candlehouse/shared/r2/read-candle-file";
import { headObject, putObject } from "./archive-object.ts";
import { CHANGE_ATTEMPTS_MAX, createdBehind } from "./fragments-register.ts";
import { compareWithHeld } from "./import-held.ts";
import type { ImportRun } from "./import-run.ts";
import { fileInUse } from "./partition-files.ts";

/**
 * Stores the rows of `read`, all of `partition`, as a fragment: those of them that are not held. Each
 * is counted. The fragment is on R2, read back and found right, before the manifest has it, and the
 * manifest takes it only as long as the partition is the one that the rows were compared with.
 * Repeatable: what a crash left is found, and counted as held once it is in the manifest.
 */
export async function storePartition(
  run: ImportRun,
  partition: Partition,
  read: CandleBlock,
): Promise<void> {
  const block = takeDistinct(run, read);
  for (let attempt = 0; attempt < CHANGE_ATTEMPTS_MAX; attempt += 1) {
    const state = await run.filesOf(partition);
    const { series, ownKeys, hot } = run;
    const held = { series, files: state.files, ownKeys, hot };
    const states = await compareWithHeld(run.context, block, held);
    const fresh = rowsIn(states, ROW_NEW, ROW_DIFFERS);
    if (
      fresh.length === 0 ||
      (await addFragment(run, partition, state, selectRows(block, fresh)))
    ) {
      countRows(run, block, states);
      return;
    }
  }
  throw new StorageUnavailableError(
    `the files of ${partition} changed ${CHANGE_ATTEMPTS_MAX} times while rows were compared with them, or a clean-up deletes them`,
  );
}

/** The rows of `read` in order, each time once; those that fall out are counted. */
export function takeDistinct({ tally }: ImportRun, read: CandleBlock): CandleBlock {
  const { block, duplicates, contradictions } = distinctRows(read);
  tally.duplicate += duplicates;
  tally.repeated += duplicates;
  for (const { line, reason } of contradictions) {
    tally.reject(line, reason);
  }
  return block;
}

/** The rows of `block` at `places`; the block itself where these are all. */
function selectRows(block: CandleBlock, places: readonly number[]): CandleBlock {
  return places.length === block.rows ? block : block.select(places);
}

/** Counts the rows of `block` by what became of them. */
export function countRows({ tally }: ImportRun, block: CandleBlock, states: Uint8Array): void {
  for (const [row, state] of states.entries()) {
    if (state === ROW_CONTRADICTS) {
      const timestamp = block.timestamps[row];
      tally.reject(
        block.lines[row] ?? 0,
        `timestamp ${timestamp} stands on an earlier line with other values`,
      );
    } else {
      tally.stored += state === ROW_NEW ? 1 : 0;
      tally.duplicate += state === ROW_HELD ? 1 : 0;
      tally.revised += state === ROW_DIFFERS ? 1 : 0;
    }
  }
}

/** Writes a fragment and adds it to the manifest; false where the partition has changed since. */
async function addFragment(
  run: ImportRun,
  partition: Partition,
  state: PartitionFiles,
  block: CandleBlock,
): Promise<boolean> {
  const { series, context } = run;
  const { db, bucket } = context;
  const encoded = encodeColumns(series, block.toColumns(), state.head);
  const key = archiveKey({ folder: "fragments", series, partition, name: encoded.contentHash });
  const description = await keepEncoded(bucket, key, partition, encoded);
  const at = shownSeconds(context);
  const file = fileInUse({ series, partition }, key, "fragment", description, {
    createdAt: at,
    verifiedAt: at,
  });
  const add = [{ ...file, createdAt: createdBehind(file, state) }];
  const change = { series, partition, at, kind: "register", add, remove: [] } as const;
  if (!(await applyChange(db, change, state.head))) {
    return false;
  }
  run.open.add(partition);
  // A clean-up that had claimed the key may have deleted the object before it was registered. From
  // here on the key is in use, so that none does it again.
  if ((await headObject(bucket, key)) === null) {
    await keepEncoded(bucket, key, partition, encoded);
  }
  run.ownKeys.add(key);
  run.tally.fragments += 1;
  return true;
}

/**
 * Keeps a file of ours under its key and reads it back; returns what lies there. A file with the
 * same candles that lies there already stays; one that was cut or changed is replaced. Throws
 * StorageUnavailableError. Repeatable.
 */
async function keepEncoded(
  bucket: R2Bucket,
  key: string,
  partition: Partition,
  { bytes, contentHash }: EncodedFile,
): Promise<FileDescription> {
  await putObject(bucket, key, bytes, { etagDoesNotMatch: "*" });
  const found = describeThere(await readObject(bucket, key), key, partition);
  if (found?.contentHash === contentHash) {
    return found;
  }
  await putObject(bucket, key, bytes);
  const again = await readObject(bucket, key);
  const written = describeThere(again, key, partition);
  if (again === undefined || written === undefined || sha256Hex(again) !== sha256Hex(bytes)) {
    throw new StorageUnavailableError(`R2 does not keep ${key} as it is written`);
  }
  return written;
}

/** What an object holds, by its bytes alone; undefined where it is no sound file of ours. */
function describeThere(
  there: Uint8Array | undefined,
  key: string,
  partition: Partition,
): FileDescription | undefined {
  try {
    return there === undefined ? undefined : describeColumns(there, key, partition);
  } catch (error) {
    if (error instanceof ArchiveDamagedError) {
      return undefined;
    }
    throw error;
  }
}
