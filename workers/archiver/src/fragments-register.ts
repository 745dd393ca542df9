import type { ArchiveFile } from "@candlehouse/shared/core/archive";
import { QueueUnavailableError, StorageUnavailableError } from "@candlehouse/shared/core/errors";
import { chunk } from "@candlehouse/shared/core/message-plan";
import type { SeriesPartition } from "@candlehouse/shared/core/series-partition";
import {
  applyChange,
  readPartitionState,
  type PartitionState,
} from "@candlehouse/shared/d1/archive-manifest";
import { encodeCompaction } from "@candlehouse/shared/queue/compaction-message";
import type { ArchiverContext } from "./context.ts";

/** How often a change of the manifest is tried again when another one came first. */
export const CHANGE_ATTEMPTS_MAX = 10;

/** Most messages that a queue takes at once. https://developers.cloudflare.com/queues/platform/limits/ */
const SEND_BATCH_MAX = 100;

/**
 * Adds a fragment to the manifest unless `isKnown` says, of the state it would be added to, that
 * it is there. Returns whether it was added. It comes behind the partition's other fragments: of
 * two that differ, the one that was registered first counts. Throws StorageUnavailableError where
 * others change the partition each time it is tried, or are deleting the object.
 */
export async function registerFragment(
  db: D1Database,
  file: ArchiveFile,
  at: number,
  isKnown: (state: PartitionState) => boolean,
): Promise<boolean> {
  const { series, partition } = file;
  for (let attempt = 0; attempt < CHANGE_ATTEMPTS_MAX; attempt += 1) {
    const state = await readPartitionState(db, series, partition);
    if (isKnown(state)) {
      return false;
    }
    const add = [{ ...file, createdAt: createdBehind(file, state) }];
    const change = { series, partition, at, kind: "register", add, remove: [] } as const;
    if (await applyChange(db, change, state.head)) {
      return true;
    }
  }
  throw new StorageUnavailableError(
    `the files of ${partition} changed ${CHANGE_ATTEMPTS_MAX} times while ${file.key} was registered, or a clean-up deletes it`,
  );
}

/** When `file` was made, or, where that is not behind the other fragments, the second behind them. */
export function createdBehind(file: ArchiveFile, { files }: Pick<PartitionState, "files">): number {
  const others = files.filter(({ state, key }) => state === "fragment" && key !== file.key);
  return Math.max(file.createdAt, ...others.map(({ createdAt }) => createdAt + 1));
}

/** Asks for the fragments of `partitions` to be merged. Throws QueueUnavailableError. */
export async function enqueueCompaction(
  queue: ArchiverContext["compaction"],
  partitions: readonly SeriesPartition[],
): Promise<void> {
  try {
    for (const some of chunk(partitions, SEND_BATCH_MAX)) {
      await queue.sendBatch(
        some.map(({ series, partition }) => ({ body: encodeCompaction(series, partition) })),
      );
    }
  } catch (cause) {
    throw new QueueUnavailableError(`the queue took no compaction: ${String(cause)}`, { cause });
  }
}
