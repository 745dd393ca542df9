import type { BackfillJob } from "./backfill-job.ts";

/** Backfills of one source that run at once: they share its limit, and one stores while one asks. */
export const RUNNING_PER_SOURCE_MAX = 2;

/**
 * Instances that may end one after another without any progress before a job is given up. With the
 * pauses between them it takes a day: D1, R2 and the archiver may be away for hours.
 */
export const STALLS_MAX = 29;

const PAUSE_MS_MIN = 60_000;
const PAUSE_MS_MAX = 3_600_000;

/**
 * What has become of a job's instance. `working`: it works, or waits for its turn at the engine.
 * `ended`: it will do nothing any more. `lost`: the engine does not know it. `silent`: it has not
 * been heard of for longer than its state explains, whatever the engine says.
 */
export type InstanceState = "working" | "ended" | "lost" | "silent";

/** A job that is open, and what became of its instance; null where it has none. */
export interface WatchedJob {
  readonly job: BackfillJob;
  readonly instance: { readonly state: InstanceState; readonly error: string | null } | null;
}

/** What the watch does. */
export interface WatchPlan {
  /**
   * Jobs that get a new instance, in this order; `stalled` says that the one before ended without
   * any progress.
   */
  readonly start: readonly { readonly job: BackfillJob; readonly stalled: boolean }[];
  /** Jobs whose instances have ended too often without progress, with the last error. */
  readonly giveUp: readonly { readonly job: BackfillJob; readonly error: string | null }[];
}

/**
 * Which of the open jobs (queued or running, oldest first) get a new Workflow instance at
 * `realNowMs` (unix milliseconds): those whose instance has gone, and of the others as many as a
 * source's share allows. Only an instance that ended counts against its job, and the more of them
 * end one after another, the longer is the pause before the next one; what is lost or silent says
 * nothing about the job.
 */
export function planWatch(watched: readonly WatchedJob[], realNowMs: number): WatchPlan {
  const start: { job: BackfillJob; stalled: boolean }[] = [];
  const giveUp: { job: BackfillJob; error: string | null }[] = [];
  const running = new Map<string, number>();
  const take = (source: string): void => void running.set(source, (running.get(source) ?? 0) + 1);
  for (const { job, instance } of watched) {
    if (instance?.state === "working") {
      take(job.source);
    }
  }
  for (const { job, instance } of watched) {
    if (instance?.state === "working") {
      continue;
    }
    const { stalls, beatMs } = job.progress;
    const stalled = instance?.state === "ended";
    if (stalled && stalls >= STALLS_MAX) {
      giveUp.push({ job, error: instance.error });
    } else if (stalled && realNowMs < beatMs + pauseAfter(stalls)) {
      // Its turn comes; until then its place is another's.
      continue;
    } else if ((running.get(job.source) ?? 0) < RUNNING_PER_SOURCE_MAX) {
      take(job.source);
      start.push({ job, stalled });
    }
  }
  return { start, giveUp };
}

/** From the start of an instance to that of the next one, after so many ended without progress. */
function pauseAfter(stalls: number): number {
  return stalls === 0 ? 0 : Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** stalls);
}

/** The id of the next instance of `job`. */
export function nextInstance({ id, progress }: Pick<BackfillJob, "id" | "progress">): string {
  return `backfill-${id}-${progress.instances + 1}`;
}
