import {
  explainMissing,
  type Explained,
  type Refusal,
} from "@candlehouse/shared/core/backfill-asks";
import type { BackfillJob, MissingTally } from "@candlehouse/shared/core/backfill-job";
import { countRuns, subtractRanges, type Run } from "@candlehouse/shared/core/missing";
import type { Series } from "@candlehouse/shared/core/series";
import { findMissing } from "@candlehouse/shared/coverage/find-missing";
import { readAsks, type Ask } from "@candlehouse/shared/d1/asked-ranges";
import type { BackfillContext } from "./backfill-context.ts";

/** What is missing in a range, and what is known of it. */
export interface Look {
  readonly missing: readonly Run[];
  /** What the source was asked since the job was made. */
  readonly asks: readonly Ask[];
  readonly explained: Explained;
}

/** What `series` lacks in `range` now, and what was answered since the job was made. */
export async function lookAt(
  context: BackfillContext,
  job: Pick<BackfillJob, "createdAt">,
  series: Series,
  range: Run,
): Promise<Look> {
  const { db, bucket } = context;
  const missing = await findMissing({ db, bucket }, series, { from: range.start, to: range.end });
  const all = missing.length === 0 ? [] : await readAsks(db, series, range);
  // What was answered before the job is asked for again: that is what its maker wants.
  const asks = all.filter(({ askedAt }) => askedAt >= job.createdAt);
  return { missing, asks, explained: explainMissing(missing, asks, series.timeframe) };
}

/** The tally of what was explained. */
export function tallyOf(
  { absent, rejected, beyondReach, open }: Explained,
  { timeframe }: Series,
): MissingTally {
  return { absent, rejected, beyondReach, open: countRuns(open, timeframe) };
}

/** What earlier steps of the job found to be beyond reach and goes on being so. */
export function beyondBefore({ asks, explained }: Look): Refusal[] {
  return asks
    .filter(({ outcome }) => outcome === "beyond_reach")
    .flatMap(({ start, end, reason }) =>
      subtractRanges([{ start, end }], explained.open).map((run) => ({
        ...run,
        outcome: "beyond_reach" as const,
        code: null,
        reason: reason ?? "",
      })),
    );
}

/** Open times of candles that came in earlier steps of the job and can never be stored. */
export function rejectedBefore({ asks }: Look): number[] {
  return asks.flatMap((ask) => (ask.outcome === "answered" ? ask.rejected : []));
}
