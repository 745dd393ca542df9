import type { FoundAlert } from "./alert.ts";
import { countText, namesText, numberText, timeText } from "./alert-text.ts";
import { planArchive, type HotRange } from "./archive-plan.ts";
import { billOf, elapsedRatio, type Month } from "./cost.ts";
import type { LedgerCounts } from "./ledger.ts";
import { formatSeries } from "./series.ts";

/** What is wrong with the archive, jobs and costs, as alerts. Times are unix seconds. All is pure. */

/** Names in a message. */
const NAMES_MAX = 3;

/** One alert for all files that are not what the manifest says; the keys are theirs on R2. */
export function damageAlerts(keys: readonly string[]): FoundAlert[] {
  return keys.length === 0
    ? []
    : [
        {
          kind: "archive_damaged",
          severity: "critical",
          subject: null,
          message: `${countText(keys.length, "file")} of the archive cannot be read whole: ${namesText(keys, NAMES_MAX)}`,
        },
      ];
}

/** The archiver runs once a day: what was due two days ago was due to two runs. */
const LATE_SECONDS = 2 * 86_400;

/** One alert for all series with candles that should have left D1 two days ago. */
export function archiveLateAlerts(
  hot: readonly HotRange[],
  hotDays: number,
  nowSeconds: number,
): FoundAlert[] {
  const due = planArchive({
    hot,
    hotDays,
    nowSeconds: nowSeconds - LATE_SECONDS,
    everything: false,
  });
  const names = new Set(due.map(({ series }) => formatSeries(series)));
  if (names.size === 0) {
    return [];
  }
  const oldest = due.reduce((least, { from }) => Math.min(least, from), Number.POSITIVE_INFINITY);
  return [
    {
      kind: "archive_late",
      severity: "warning",
      subject: null,
      message: `${countText(names.size, "series", "series")} still have candles in D1 that should have been archived two days ago, the oldest of ${timeText(oldest)}: ${namesText([...names], NAMES_MAX)}`,
    },
  ];
}

/** A backfill that could not go on. Its series is named, or its source where it is of many. */
export interface FailedJob {
  readonly id: string;
  readonly series: string;
  readonly finishedAt: number;
  readonly message: string | null;
}

/** One alert for all of `jobs`, of which the first failed last. */
export function jobAlerts(jobs: readonly FailedJob[]): FoundAlert[] {
  const [last] = jobs;
  return last === undefined
    ? []
    : [
        {
          kind: "job_failed",
          severity: "warning",
          subject: null,
          message: `${countText(jobs.length, "backfill")} failed in the last day, that of ${last.series} (${last.id}) at ${timeText(last.finishedAt)}: ${last.message ?? "no reason is known"}`,
        },
      ];
}

/** Before this part of a month is over, an hour of much work would be projected to a month of it. */
const ELAPSED_MIN = 0.1;

/** Cents beyond the plan are no reason to look up: the default fleet sends some messages more than it includes. */
const EXTRA_USD_MIN = 1;

/** One alert where what was done in `month` goes on to a dollar or more beyond what the plan includes. */
export function costAlerts(sums: LedgerCounts, month: Month, nowSeconds: number): FoundAlert[] {
  const elapsed = elapsedRatio(month, nowSeconds);
  const { items, projected_usd: usd } = billOf(sums, {}, elapsed);
  const over = items.filter(({ projected_ratio: ratio }) => ratio > 1);
  const extraUsd = over.reduce((sum, item) => sum + item.projected_usd, 0);
  if (elapsed < ELAPSED_MIN || extraUsd < EXTRA_USD_MIN) {
    return [];
  }
  const lines = over.map(
    ({ name, projected, included }) =>
      `${name} ${numberText(projected)} of ${numberText(included)}`,
  );
  return [
    {
      kind: "cost_projected",
      severity: "warning",
      subject: null,
      message: `this month is going to cost $${usd.toFixed(2)}: beyond what the plan includes go ${lines.join(", ")}`,
    },
  ];
}
