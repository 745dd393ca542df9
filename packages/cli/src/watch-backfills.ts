import { setTimeout as sleep } from "node:timers/promises";
import { backfill, type Backfill, type Job } from "./answers/backfill.ts";
import { barsOf, isOpen } from "./backfill-bars.ts";
import { EXIT_CODES, type ExitCode } from "./command-error.ts";
import type { Session } from "./session.ts";
import type { Output } from "./output.ts";
import { formatNumber, formatTime } from "./terminal/format.ts";
import { colourState } from "./terminal/state-colour.ts";
import type { Column } from "./terminal/table.ts";

/** Between two looks: short at first, so that what is quick ends at once. */
const LOOK_MS_MIN = 250;
const LOOK_MS_MAX = 2_000;

/** What the backfill `id` says of itself; a batch or one job. */
export function readBackfill({ client }: Session, id: string): Promise<Backfill> {
  return client.ask(backfill, { path: `/v1/backfills/${encodeURIComponent(id)}` });
}

/**
 * Shows how far the backfills `ids` are until all of their jobs have ended, then returns them.
 * Ctrl-C ends the watching alone: the jobs go on, and the user is told how to see and stop them.
 */
export async function watchBackfills(
  session: Session,
  ids: readonly string[],
): Promise<Backfill[]> {
  const progress = session.out.progress();
  const onInterrupt = (): void => {
    progress.end();
    const [only = ""] = ids;
    session.out.note(
      ids.length === 1
        ? `candlehouse: the backfill goes on without this command: candlehouse backfill show ${only} tells how far, backfill cancel ends it`
        : `candlehouse: the ${ids.length} backfills go on without this command: candlehouse backfill list tells how far, backfill cancel ends one`,
    );
    process.exit(EXIT_CODES.interrupted);
  };
  process.once("SIGINT", onInterrupt);
  try {
    for (let lookMs = LOOK_MS_MIN; ; lookMs = Math.min(LOOK_MS_MAX, lookMs * 1.5)) {
      const backfills: Backfill[] = [];
      for (const id of ids) {
        backfills.push(await readBackfill(session, id));
      }
      if (!backfills.some(({ jobs }) => jobs.some(isOpen))) {
        return backfills;
      }
      progress.report(...barsOf(backfills));
      await sleep(lookMs);
    }
  } finally {
    process.off("SIGINT", onInterrupt);
    progress.end();
  }
}

/** A table of `jobs`, and what each says of itself. */
export function showJobs(out: Output, jobs: readonly Job[]): void {
  out.table(JOB_COLUMNS, jobs);
}

/** Tells what came of `backfills`; the exit code that says the same. */
export function tellResult(out: Output, backfills: readonly Backfill[]): ExitCode {
  const jobs = backfills.flatMap((one) => one.jobs);
  showJobs(out, jobs);
  for (const { series, state, message } of jobs) {
    if (message !== null && (jobs.length === 1 || state !== "complete")) {
      out.line(jobs.length === 1 ? message : `${series}: ${message}`);
    }
  }
  for (const { message } of jobs.length === 1 ? [] : backfills) {
    out.line(message);
  }
  return exitCodeOf(jobs);
}

/** Of jobs that have ended. */
function exitCodeOf(jobs: readonly Job[]): ExitCode {
  if (jobs.every(({ state }) => state === "complete")) {
    return EXIT_CODES.done;
  }
  return jobs.every(({ state }) => state === "failed") ? EXIT_CODES.failed : EXIT_CODES.problems;
}

const JOB_COLUMNS: readonly Column<Job>[] = [
  { name: "series", text: ({ series }) => series },
  { name: "state", text: ({ state }) => colourState(state) },
  { name: "from", leaveOut: 3, text: ({ start }) => formatTime(start) },
  { name: "until", leaveOut: 3, text: ({ end }) => formatTime(end) },
  { name: "due", align: "right", text: ({ candles_due }) => formatNumber(candles_due) },
  { name: "stored", align: "right", text: ({ candles_stored }) => formatNumber(candles_stored) },
  { name: "absent", align: "right", text: ({ candles_absent }) => formatNumber(candles_absent) },
  { name: "requests", align: "right", leaveOut: 4, text: ({ requests }) => formatNumber(requests) },
  {
    name: "gaps",
    mayShrink: true,
    leaveOut: 2,
    text: ({ gaps }) => gaps.map((gap) => `${formatNumber(gap.candles)} ${gap.class}`).join(", "),
  },
  { name: "id", leaveOut: 1, text: ({ id }) => id },
];
