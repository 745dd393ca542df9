import type { ArchiveFile } from "@candlehouse/shared/core/archive";
import type { Candle } from "@candlehouse/shared/core/candle";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import { ArchiveDamagedError } from "@candlehouse/shared/core/errors";
import { mergeCandles } from "@candlehouse/shared/core/merge-candles";
import type { Series } from "@candlehouse/shared/core/series";
import type { HotSeen } from "@candlehouse/shared/d1/archive-manifest";
import { ARCHIVE_CHUNK } from "@candlehouse/shared/d1/hot-candles";
import type { StepContext } from "./archive-steps.ts";
import { HOT_PAGE_ROWS, readCurrent, readHotPages, recordDifferences } from "./partition-files.ts";
import { readFragment } from "./read-fragment.ts";
import { reportDamage } from "./report-damage.ts";
import { FRAGMENT_STATEMENTS_MAX, type StatementBudget } from "./statement-budget.ts";

/** Most fragments that one change merges: what is read and merged is lost where it is refused. */
const FRAGMENTS_MAX = 50;

/** The oldest first; those that were found damaged after all others, which they must not hold up. */
export function fragmentsOf(files: readonly ArchiveFile[]): ArchiveFile[] {
  return files
    .filter(({ state }) => state === "fragment")
    .toSorted((a, b) => Number(a.damage !== null) - Number(b.damage !== null));
}

export interface MergeInput {
  readonly current: ArchiveFile | undefined;
  readonly fragments: readonly ArchiveFile[];
  readonly at: number;
  readonly sinceMs: number;
  readonly budget: StatementBudget;
}

export interface MergeOutcome {
  readonly candles: readonly Candle[];
  readonly added: number;
  readonly revised: number;
  /** Fragments that could not be read. */
  readonly damaged: number;
  /** Whether fragments that nothing is known to be wrong with were left for the next time. */
  readonly isOpen: boolean;
  /** Keys of the fragments that could be read. */
  readonly mergedKeys: readonly string[];
  /** The hot candles that were read, fragment by fragment. */
  readonly hot: readonly HotSeen[];
}

/** Merges one fragment after the other, so that two files' candles are in memory at most. */
export async function mergeFragments(
  context: StepContext,
  { current, fragments, at, sinceMs, budget }: MergeInput,
): Promise<MergeOutcome> {
  const { db, bucket } = context;
  let candles: readonly Candle[] = fragments.length === 0 ? [] : await readCurrent(bucket, current);
  let [added, revised, tried] = [0, 0, 0];
  const mergedKeys: string[] = [];
  const hot: HotSeen[] = [];
  for (const fragment of fragments.slice(0, FRAGMENTS_MAX)) {
    // The first one always: it was seen to before that there are enough for it.
    if (tried > 0 && budget.left < FRAGMENT_STATEMENTS_MAX) {
      break;
    }
    tried += 1;
    budget.left -= 1;
    const { series } = fragment;
    const found = await readOrReport(context, fragment);
    if (found === undefined) {
      continue;
    }
    const { candles: stored, seen } = await readHotOf(db, series, found);
    const withHot = mergeCandles(candles, stored);
    const withFragment = mergeCandles(withHot.candles, found);
    revised += await recordDifferences(db, series, withHot.differing, {
      atMs: at * 1_000,
      sinceMs,
    });
    revised += await recordDifferences(db, series, withFragment.differing, {
      atMs: fragment.createdAt * 1_000,
    });
    budget.left -=
      Math.floor(seen.rows / HOT_PAGE_ROWS) +
      1 +
      Math.ceil(withHot.differing.length / ARCHIVE_CHUNK) +
      Math.ceil(withFragment.differing.length / ARCHIVE_CHUNK);
    ({ candles } = withFragment);
    added += withHot.added + withFragment.added;
    mergedKeys.push(fragment.key);
    hot.push(seen);
  }
  const damaged = tried - mergedKeys.length;
  const isOpen = fragments.slice(tried).some(({ damage }) => damage === null);
  return { candles, added, revised, damaged, isOpen, mergedKeys, hot };
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

/**
 * The hot candles at the open times of `candles`, which were stored before these, and how many
 * there are from the first to the last of them.
 */
async function readHotOf(
  db: D1Database,
  series: Series,
  candles: readonly Candle[],
): Promise<{ candles: Candle[]; seen: HotSeen }> {
  const wanted = new Set(candles.map(({ timestamp }) => timestamp));
  const [first = 0, last = 0] = [candles[0]?.timestamp, candles.at(-1)?.timestamp];
  const hot: Candle[] = [];
  let rows = 0;
  for await (const page of readHotPages(db, series, first, last + 1)) {
    hot.push(...page.filter(({ timestamp }) => wanted.has(timestamp)));
    rows += page.length;
  }
  return { candles: hot, seen: { first, last, rows } };
}
