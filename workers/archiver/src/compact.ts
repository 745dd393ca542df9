import type { ArchiveFile, ChainHead } from "@candlehouse/shared/core/archive";
import type { Candle } from "@candlehouse/shared/core/candle";
import { ArchiveDamagedError, StorageUnavailableError } from "@candlehouse/shared/core/errors";
import { mergeCandles } from "@candlehouse/shared/core/merge-candles";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import type { SeriesPartition } from "@candlehouse/shared/core/series-partition";
import { applyChange, readPartitionState } from "@candlehouse/shared/d1/archive-manifest";
import { readHotPage } from "@candlehouse/shared/d1/hot-candles";
import { log } from "@candlehouse/shared/log/log";
import { bytesPerCandle, logRepair, type StepContext } from "./archive-steps.ts";
import { shownSeconds } from "./context.ts";
import { currentFile, HOT_PAGE_ROWS, readCurrent, recordDifferences } from "./partition-files.ts";
import { readFragment } from "./read-fragment.ts";
import { reportDamage } from "./report-damage.ts";
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
}

/**
 * Merges the fragments of a partition into its current file. A candle stays as it was stored
 * first: in the current file, else in D1, else in the oldest fragment. What differs from it
 * becomes a revision. Repeatable.
 *
 * Throws ArchiveDamagedError, once it is reported, where the current file is damaged; then nothing
 * is changed. Throws StorageUnavailableError where it may succeed later.
 */
export async function compactPartition(
  context: StepContext,
  target: SeriesPartition,
): Promise<CompactOutcome> {
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const outcome = await compactOnce(context, target).catch(async (error: unknown) => {
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

/** Undefined where another change of the partition came first. */
async function compactOnce(
  context: StepContext,
  target: SeriesPartition,
): Promise<CompactOutcome | undefined> {
  const startedMs = context.realNowMs();
  const at = shownSeconds(context);
  const { series, partition } = target;
  const { head, files } = await readPartitionState(context.db, series, partition);
  const current = files.find(({ state }) => state === "current");
  const fragments = files.filter(({ state }) => state === "fragment");
  const { candles, added, revised, mergedKeys } = await mergeFragments(context, {
    current,
    fragments,
    at,
  });
  const damaged = fragments.length - mergedKeys.length;
  const outcome = { fragments: mergedKeys.length, damaged, added, revised };
  if (mergedKeys.length === 0) {
    return outcome;
  }
  const file =
    added === 0 && current !== undefined
      ? undefined
      : await writeVerified(context, target, candles, head, at);
  const replaced = file === undefined || current === undefined ? [] : [current.key];
  const remove = [...replaced, ...mergedKeys].filter((key) => key !== file?.key);
  const add = file === undefined ? [] : [file];
  const change = { series, partition, at, kind: "compact", add, remove } as const;
  if (!(await applyChange(context.db, change, head))) {
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
  return outcome;
}

interface MergeInput {
  readonly current: ArchiveFile | undefined;
  readonly fragments: readonly ArchiveFile[];
  readonly at: number;
}

interface MergeOutcome {
  readonly candles: readonly Candle[];
  readonly added: number;
  readonly revised: number;
  /** Keys of the fragments that could be read. */
  readonly mergedKeys: readonly string[];
}

/** Merges one fragment after the other, so that two files' candles are in memory at most. */
async function mergeFragments(
  context: StepContext,
  { current, fragments, at }: MergeInput,
): Promise<MergeOutcome> {
  const { db, bucket } = context;
  if (fragments.length === 0) {
    return { candles: [], added: 0, revised: 0, mergedKeys: [] };
  }
  let candles: readonly Candle[] = await readCurrent(bucket, current);
  let [added, revised] = [0, 0];
  const mergedKeys: string[] = [];
  for (const fragment of fragments) {
    const { series } = fragment;
    const found = await readOrReport(context, fragment);
    if (found === undefined) {
      continue;
    }
    const sinceMs = (current?.createdAt ?? at) * 1_000;
    const withHot = mergeCandles(candles, await readHotOf(db, series, found));
    revised += await recordDifferences(db, series, withHot.differing, {
      atMs: at * 1_000,
      sinceMs,
    });
    const withFragment = mergeCandles(withHot.candles, found);
    revised += await recordDifferences(db, series, withFragment.differing, {
      atMs: fragment.createdAt * 1_000,
    });
    ({ candles } = withFragment);
    added += withHot.added + withFragment.added;
    mergedKeys.push(fragment.key);
  }
  return { candles, added, revised, mergedKeys };
}

/** The candles of a fragment; undefined, and it is reported, where it is not what it should be. */
async function readOrReport(
  context: StepContext,
  fragment: ArchiveFile,
): Promise<readonly Candle[] | undefined> {
  try {
    return await readFragment(context.bucket, fragment, shownSeconds(context));
  } catch (error) {
    if (error instanceof ArchiveDamagedError) {
      await reportDamage(context, fragment, error.damage);
      return undefined;
    }
    throw error;
  }
}

/** The hot candles at the open times of `candles`: they were stored before these. */
async function readHotOf(
  db: D1Database,
  series: Series,
  candles: readonly Candle[],
): Promise<Candle[]> {
  const wanted = new Set(candles.map(({ timestamp }) => timestamp));
  const until = (candles.at(-1)?.timestamp ?? 0) + 1;
  const hot: Candle[] = [];
  let from = candles[0]?.timestamp ?? until;
  for (;;) {
    const page = await readHotPage(db, series, from, until, HOT_PAGE_ROWS);
    hot.push(...page.filter(({ timestamp }) => wanted.has(timestamp)));
    const last = page.at(-1);
    if (last === undefined || page.length < HOT_PAGE_ROWS) {
      return hot;
    }
    from = last.timestamp + 1;
  }
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
  return currentFile(target, written.key, description, at);
}
