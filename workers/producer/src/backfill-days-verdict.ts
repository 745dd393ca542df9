import type { Refusal } from "@candlehouse/shared/core/backfill-asks";
import type { BackfillProgress } from "@candlehouse/shared/core/backfill-job";
import { judgeAttempt, type Attempt, type Verdict } from "@candlehouse/shared/core/backfill-turn";
import { SourceReachError, type CandlehouseError } from "@candlehouse/shared/core/errors";
import { dayOf, dayStart, type Run } from "@candlehouse/shared/core/missing";
import type { DaysReport } from "./backfill-days.ts";

/** What follows from a report for the job, and how far it speaks. */
export interface JudgedDays {
  readonly verdict: Verdict;
  /** Up to here, all is known. */
  readonly until: number;
  /** Up to here, it is known or given up. */
  readonly end: number;
  readonly refused: readonly Refusal[];
}

/** What follows from `report` about days of `window`, at `at` (unix seconds). */
export function judgeDays(
  progress: BackfillProgress,
  window: Run,
  report: DaysReport,
  at: number,
): JudgedDays {
  const failed = report.failed.filter((one) => !isTooOld(one));
  const firstLeft = Math.min(
    window.end,
    ...report.left.map(dayStart),
    ...failed.map(({ item }) => dayStart(item)),
  );
  const verdict = judgeAttempt(progress, attemptOf({ ...report, failed }, firstLeft), at);
  const until = verdict.skips ? dayStart(dayOf(firstLeft) + 1) : firstLeft;
  const end = verdict.givenUp === null ? until : window.end;
  const tooOld = report.failed.filter((one) => isTooOld(one) && dayStart(one.item) < until);
  const refused = [
    ...tooOld.map(({ item, error }) => refusalOf(item, "beyond_reach", error)),
    ...refusalsOf(failed, { from: firstLeft, until, end }, verdict.givenUp),
  ];
  return { verdict, until, end, refused };
}

function isTooOld({ error }: DaysReport["failed"][number]): boolean {
  return error instanceof SourceReachError;
}

function attemptOf({ stop, failed, answered }: DaysReport, until: number): Attempt {
  const attempt = { until, answered: answered.length > 0 };
  if (stop?.kind === "wait" || stop?.kind === "hopeless") {
    const { code, message: reason } = stop.error;
    return stop.kind === "wait"
      ? { ...attempt, stop: { kind: "wait", waitMs: stop.waitMs, code, reason } }
      : { ...attempt, stop: { kind: "hopeless", code, reason } };
  }
  const first = failed.find(({ item }) => dayStart(item) === until);
  if (first !== undefined) {
    const { code, message: reason } = first.error;
    return { ...attempt, stop: { kind: "failed", code, reason } };
  }
  return { ...attempt, stop };
}

/** What could not be asked for: the day that is passed over, or the rest of the window. */
function refusalsOf(
  failed: DaysReport["failed"],
  { from, until, end }: { readonly from: number; readonly until: number; readonly end: number },
  givenUp: BackfillProgress["givenUp"],
): Refusal[] {
  const refused: Refusal[] = [];
  const passed = failed.find(({ item }) => dayStart(item) === from);
  if (from < until && passed !== undefined) {
    refused.push(refusalOf(passed.item, "failed", passed.error));
  }
  if (givenUp !== null && until < end) {
    refused.push({ start: until, end, outcome: "failed", ...givenUp });
  }
  return refused;
}

function refusalOf(
  day: number,
  outcome: Refusal["outcome"],
  { code, message: reason }: CandlehouseError,
): Refusal {
  return { start: dayStart(day), end: dayStart(day + 1), outcome, code, reason };
}
