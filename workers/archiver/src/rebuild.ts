import { shownSeconds } from "@candlehouse/shared/core/clock";
import {
  formatSeriesPartition,
  type SeriesPartition,
} from "@candlehouse/shared/core/series-partition";
import { releaseClaims } from "@candlehouse/shared/d1/archive-claims";
import { log } from "@candlehouse/shared/log/log";
import { CLAIM_SECONDS } from "./clean-up-replaced.ts";
import type { ArchiverContext } from "./context.ts";
import { enqueueCompaction } from "./fragments-register.ts";
import { rebuildPartition } from "./rebuild-partition.ts";
import { listStoredPartitions } from "./rebuild-list.ts";

/** What became of the catalogue. */
export interface RebuildAnswer {
  readonly partitions: number;
  /** Partitions whose current file was in the manifest, in order. */
  readonly kept: number;
  /** Partitions whose current file is in the manifest again. */
  readonly restored: number;
  /** Objects that are fragments now, to be merged. */
  readonly fragments: number;
  readonly damaged: readonly { readonly key: string; readonly damage: string }[];
  /** Where to go on; null at the end. */
  readonly next: string | null;
  /** Partitions that are still to come; null where that is not known, because there are many. */
  readonly left: number | null;
}

/** Partitions of one call: each takes nine statements of D1, of which an invocation has 1,000. */
const PARTITIONS_MAX = 100;

/** Bytes after which a call ends: some two seconds of reading, hashing and decoding. */
const BYTES_MAX = 16 * 1_024 * 1_024;

/**
 * Rebuilds the manifest of some partitions from what lies on R2 alone, from behind `after` on. A
 * partition whose current file is in the manifest and right stays as it is; of another one, the
 * sound file that was written last becomes current, and every other one a fragment, whose candles
 * compaction brings in. A damaged current file stays where the sound ones do not hold as many candles
 * of each day: queries go on telling of the damage then. Repeatable.
 *
 * Throws StorageUnavailableError where D1 or R2 does not answer, QueueUnavailableError.
 */
export async function rebuildCatalog(
  context: ArchiverContext,
  after: SeriesPartition | undefined,
): Promise<RebuildAnswer> {
  const startedMs = context.realNowMs();
  await releaseClaims(context.db, shownSeconds(context) - CLAIM_SECONDS);
  const { found, unnamed, isAll } = await listStoredPartitions(context.bucket, after);
  const damaged = [...unnamed];
  const open: SeriesPartition[] = [];
  let [partitions, kept, restored, fragments, bytes] = [0, 0, 0, 0, 0];
  for (const of of found.slice(0, PARTITIONS_MAX)) {
    const outcome = await rebuildPartition(context, of);
    partitions += 1;
    kept += outcome.isKept ? 1 : 0;
    restored += outcome.isRestored ? 1 : 0;
    fragments += outcome.fragments;
    bytes += outcome.bytes;
    damaged.push(...outcome.damaged);
    if (outcome.fragments > 0) {
      open.push(of);
    }
    if (bytes >= BYTES_MAX) {
      break;
    }
  }
  await enqueueCompaction(context.compaction, open);
  const last = found[partitions - 1];
  const isEnd = isAll && partitions === found.length;
  const next = isEnd || last === undefined ? null : formatSeriesPartition(last);
  const counts = { partitions, kept, restored, fragments };
  const durationMs = context.realNowMs() - startedMs;
  log("archive.rebuilt", { ...counts, damaged: damaged.length, durationMs });
  return { ...counts, damaged, next, left: isAll ? found.length - partitions : null };
}
