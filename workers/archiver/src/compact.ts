import type { ArchiveFile, ChainHead } from "@candlehouse/shared/core/archive";
import type { Candle } from "@candlehouse/shared/core/candle";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import { ArchiveDamagedError, StorageUnavailableError } from "@candlehouse/shared/core/errors";
import { formatSeries } from "@candlehouse/shared/core/series";
import type { SeriesPartition } from "@candlehouse/shared/core/series-partition";
import { applyChange, readPartitionState } from "@candlehouse/shared/d1/archive-manifest";
import { log } from "@candlehouse/shared/log/log";
import { bytesPerCandle, logRepair, type StepContext } from "./archive-steps.ts";
import { fragmentsOf, mergeFragments } from "./merge-fragments.ts";
import { fileInUse, currentFileOf, endOfSecondMs } from "./partition-files.ts";
import { reportDamage } from "./report-damage.ts";
import { FRAGMENT_STATEMENTS_MAX, newBudget, type StatementBudget } from "./statement-budget.ts";
import { verifyFile, writeFile } from "./write-file.ts";

/** How often a compaction starts again because the partition was changed under it. */
const ROUNDS_MAX = 5;

/** What a compaction did. */
export interface CompactOutcome {
  /** Fragments that were merged. */
  readonly fragments: number;
  /** Fragments that cannot be read: they are reported and left where they are. */
  readonly damaged: number;
  /** Candles that the current file did not have. */
  readonly added: number;
  readonly revised: number;
  /** Whether fragments are left that another compaction is to merge. */
  readonly isOpen: boolean;
}

/** What a compaction did that had no statements left. */
const NOTHING_YET: CompactOutcome = {
  fragments: 0,
  damaged: 0,
  added: 0,
  revised: 0,
  isOpen: true,
};

/**
 * Merges fragments of a partition, the oldest ones first, into its current file. A candle stays as it was stored
 * first: in the current file, else in D1, else in the oldest fragment. What differs from it
 * becomes a revision. Repeatable.
 *
 * Throws ArchiveDamagedError, once it is reported, where the current file is damaged; then nothing
 * is changed. Throws StorageUnavailableError where it may succeed later.
 */
export async function compactPartition(
  context: StepContext,
  target: SeriesPartition,
  budget: StatementBudget = newBudget(),
): Promise<CompactOutcome> {
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    if (budget.left < FRAGMENT_STATEMENTS_MAX) {
      return NOTHING_YET;
    }
    const outcome = await compactOnce(context, target, budget).catch(async (error: unknown) => {
      if (error instanceof ArchiveDamagedError) {
        await reportDamage(context, { ...target, key: error.key }, error.damage);
      }
      throw error;
    });
    if (outcome !== undefined) {
      return outcome;
    }
  }
  throw new StorageUnavailableError(
    `${formatSeries(target.series)} ${target.partition} was changed each of the ${ROUNDS_MAX} times that it was compacted`,
  );
}

/** Undefined where another change of the partition, or a hot candle, came first. */
async function compactOnce(
  context: StepContext,
  target: SeriesPartition,
  budget: StatementBudget,
): Promise<CompactOutcome | undefined> {
  const startedMs = context.realNowMs();
  const at = shownSeconds(context);
  const { series, partition } = target;
  const state = await readPartitionState(context.db, series, partition);
  // Four for the state; for the change three, and one where it is refused.
  budget.left -= 8;
  const current = currentFileOf(state);
  const merged = await mergeFragments(context, {
    current,
    fragments: fragmentsOf(state.files),
    at,
    sinceMs: endOfSecondMs(state.mergedAt ?? at),
    budget,
  });
  const { candles, added, revised, damaged, isOpen, mergedKeys, hot } = merged;
  const outcome = { fragments: mergedKeys.length, damaged, added, revised };
  if (mergedKeys.length === 0) {
    return { ...outcome, isOpen };
  }
  const file =
    added === 0 && current !== undefined
      ? undefined
      : await writeVerified(context, target, candles, state.head, at);
  const replaced = file === undefined || current === undefined ? [] : [current.key];
  const change = {
    series,
    partition,
    at,
    kind: "compact",
    add: file === undefined ? [] : [file],
    remove: [...replaced, ...mergedKeys].filter((key) => key !== file?.key),
    reused: file !== undefined && state.leaving.has(file.key) ? [file.key] : [],
    hot,
  } as const;
  if (!(await applyChange(context.db, change, state.head))) {
    return undefined;
  }
  const { key = "", rows = 0, bytes = 0 } = file ?? current ?? {};
  log("archive.compacted", {
    series: formatSeries(series),
    partition,
    key,
    rows,
    ...outcome,
    bytes,
    bytesPerCandle: bytesPerCandle(bytes, rows),
    durationMs: context.realNowMs() - startedMs,
  });
  return { ...outcome, isOpen };
}

async function writeVerified(
  { bucket }: StepContext,
  target: SeriesPartition,
  candles: readonly Candle[],
  head: ChainHead,
  at: number,
): Promise<ArchiveFile> {
  const { series, partition } = target;
  const toWrite = { series, partition, candles, head };
  const written = await writeFile(bucket, toWrite, logRepair(target));
  const description = await verifyFile(bucket, written, partition);
  return fileInUse(target, written.key, "current", description, { createdAt: at, verifiedAt: at });
}
