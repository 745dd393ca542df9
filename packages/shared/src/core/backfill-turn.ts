import {
  isFinal,
  type BackfillJob,
  type BackfillProgress,
  type FinalState,
} from "./backfill-job.ts";
import type { ErrorCode } from "./errors.ts";

/** Rounds that ask for what is missing; after them a last one only looks. */
export const ASKING_ROUNDS = 3;

/**
 * How long nothing new may come of asking a source, in seconds, before the rest is given up: longer
 * than any ban that is known, and than most outages.
 */
export const REFUSED_SECONDS_MAX = 86_400;

/** Steps that try one request, each several times, before it is given up. */
export const TRIES_MAX = 4;

/** Requests that are given up one after another before the rest is: then it is the source. */
export const SKIPPED_MAX = 3;

/** First wait between two tries, by the source's clock; doubled each time, up to the longest. */
const TRY_WAIT_MS = 15_000;
const TRY_WAIT_MS_MAX = 900_000;

/** Why the rest is given up where the limiter left no time to ask, or never enough. */
const NO_ROOM = {
  code: "source_rate_limited",
  reason: "in a day the source's limits left too little room to learn anything new",
} as const satisfies BackfillProgress["givenUp"];

/** How an attempt at what lies from the cursor on ended. */
export interface Attempt {
  /** Open time up to which everything is known now. */
  readonly until: number;
  /** Whether the source answered anything. */
  readonly answered: boolean;
  /** Whether more is known of what lies at `until`, though not enough to pass it. */
  readonly learned?: boolean;
  /** What stopped it: the host's silence, an error of the request at `until`, or nothing. */
  readonly stop:
    | {
        readonly kind: "wait";
        readonly waitMs: number;
        readonly code: ErrorCode;
        readonly reason: string;
      }
    | { readonly kind: "failed"; readonly code: ErrorCode | null; readonly reason: string }
    | { readonly kind: "hopeless"; readonly code: ErrorCode; readonly reason: string }
    | { readonly kind: "time"; readonly waitMs: number }
    | null;
}

/** What becomes of the job after an attempt. */
export interface Verdict {
  readonly tries: number;
  readonly skipped: number;
  readonly refusedSince: number | null;
  /** Why the rest is given up; null where it is not. */
  readonly givenUp: BackfillProgress["givenUp"];
  /** Whether the request at the cursor alone is given up. */
  readonly skips: boolean;
  /** By the source's clock. */
  readonly waitMs: number;
}

/**
 * What follows from an attempt at `nowSeconds`. A silence of the source, and a want of room, are
 * waited out, up to a day in which nothing new came, whatever was answered; a request that fails is tried in several steps, and then given up; where that happens to several
 * one after another, the source is to blame and the rest is given up.
 */
export function judgeAttempt(
  progress: Pick<BackfillProgress, "cursor" | "tries" | "skipped" | "refusedSince">,
  { until, answered, learned = false, stop }: Attempt,
  nowSeconds: number,
): Verdict {
  const moved = until > progress.cursor || learned;
  const since = moved ? nowSeconds : (progress.refusedSince ?? nowSeconds);
  const isOver = nowSeconds - since >= REFUSED_SECONDS_MAX;
  const calm: Verdict = {
    tries: moved ? 0 : progress.tries,
    skipped: answered ? 0 : progress.skipped,
    refusedSince: null,
    givenUp: null,
    skips: false,
    waitMs: 0,
  };
  switch (stop?.kind) {
    case undefined:
      return { ...calm, tries: 0 };
    case "time":
      return isOver
        ? { ...calm, refusedSince: since, givenUp: NO_ROOM }
        : { ...calm, refusedSince: since, waitMs: stop.waitMs };
    case "hopeless":
      return { ...calm, givenUp: { code: stop.code, reason: stop.reason } };
    case "wait":
      return {
        ...calm,
        refusedSince: since,
        givenUp: isOver ? { code: stop.code, reason: stop.reason } : null,
        waitMs: isOver ? 0 : stop.waitMs,
      };
    case "failed": {
      const tries = calm.tries + 1;
      if (tries < TRIES_MAX) {
        return {
          ...calm,
          tries,
          waitMs: Math.min(TRY_WAIT_MS_MAX, TRY_WAIT_MS * 2 ** (tries - 1)),
        };
      }
      const skipped = calm.skipped + 1;
      const isSource = skipped >= SKIPPED_MAX && stop.code !== null;
      return {
        ...calm,
        tries: 0,
        skipped,
        skips: true,
        givenUp: isSource ? { code: stop.code, reason: stop.reason } : null,
      };
    }
  }
}

/** The progress at the start of the next round, or null where the job has nothing more to do. */
export function nextRound(progress: BackfillProgress, start: number): BackfillProgress | null {
  if (!progress.hasAsked || progress.round > ASKING_ROUNDS) {
    return null;
  }
  return {
    ...progress,
    phase: "fetch",
    round: progress.givenUp === null ? progress.round + 1 : ASKING_ROUNDS + 1,
    cursor: start,
    tally: { absent: 0, rejected: 0, beyondReach: 0, open: 0 },
    hasAsked: false,
    handed: null,
    polls: 0,
    tries: 0,
    skipped: 0,
    doubted: [],
    partial: null,
    refusedSince: null,
  };
}

/** Whether `instance` is to go on with `job`. */
export function isToBeWorkedOn(
  job: Pick<BackfillJob, "state" | "instance">,
  instance: string,
): boolean {
  return job.instance === instance && job.state !== "paused" && !isFinal(job.state);
}

/** How a job ends that gave up before anything came of it. */
export function stateAfterGivingUp(found: number): Extract<FinalState, "incomplete" | "failed"> {
  return found === 0 ? "failed" : "incomplete";
}
