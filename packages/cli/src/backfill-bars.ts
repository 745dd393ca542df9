import type { Backfill, Job } from "./answers/backfill.ts";
import type { Bar } from "./terminal/bar.ts";
import { formatDay } from "./terminal/format.ts";

/** Jobs that have a bar of their own below the one for all. */
const JOB_BARS_MAX = 6;

const OPEN_STATES: ReadonlySet<string> = new Set(["queued", "running", "paused"]);

export function isOpen({ state }: { readonly state: string }): boolean {
  return OPEN_STATES.has(state);
}

/** Bars of `backfills`: one for all of their jobs, and one for each of the first that run. */
export function barsOf(backfills: readonly Backfill[]): Bar[] {
  const jobs = backfills.flatMap((backfill) => backfill.jobs);
  const [only] = jobs;
  if (jobs.length === 1 && only !== undefined) {
    return [barOf(only)];
  }
  const running = jobs.filter(({ state }) => state === "running");
  const rate = sum(running, (job) => job.rate ?? 0);
  const done = sum(jobs, doneOf);
  const total = sum(jobs, ({ candles_due }) => candles_due);
  const ended = jobs.filter((job) => !isOpen(job)).length;
  const etas = jobs.filter(isOpen).map(({ eta_seconds }) => eta_seconds ?? 0);
  return [
    {
      label: `${ended} of ${jobs.length} series`,
      done,
      total,
      things: "candles",
      rate,
      etaSeconds: rate > 0 ? Math.max((total - done) / rate, ...etas) : null,
    },
    ...running.slice(0, JOB_BARS_MAX).map(barOf),
  ];
}

function barOf(job: Job): Bar {
  return {
    label: job.series,
    done: doneOf(job),
    total: job.candles_due,
    things: "candles",
    note: noteOf(job),
    rate: job.rate,
    etaSeconds: job.eta_seconds,
  };
}

/** The day that was reached, or why nothing moves. */
function noteOf({ state, reached }: Job): string | undefined {
  if (state !== "running") {
    return state;
  }
  return reached === null ? undefined : `at ${formatDay(reached)}`;
}

/**
 * Candles that are dealt with: those of the windows that are done, since much of a range may be held
 * already, or those that were found so far, where a window takes long.
 */
export function doneOf(job: Job): number {
  const { candles_due, candles_found, candles_absent, windows_done, windows_due } = job;
  const inWindows = windows_due === 0 ? 0 : Math.floor((candles_due * windows_done) / windows_due);
  return Math.min(candles_due, Math.max(inWindows, candles_found + candles_absent));
}

function sum(jobs: readonly Job[], number: (job: Job) => number): number {
  return jobs.reduce((total, job) => total + number(job), 0);
}
