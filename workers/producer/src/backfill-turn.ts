import {
  type BackfillJob,
  type BackfillProgress,
  type FinalState,
} from "@candlehouse/shared/core/backfill-job";
import { backfillMessage, finalStateOf, nameOf } from "@candlehouse/shared/core/backfill-message";
import {
  isToBeWorkedOn,
  nextRound,
  stateAfterGivingUp,
} from "@candlehouse/shared/core/backfill-turn";
import type { Pace } from "@candlehouse/shared/core/budget-pace";
import { realDurationMs, shownSeconds } from "@candlehouse/shared/core/clock";
import { saveStep, type BackfillStep } from "@candlehouse/shared/d1/job-steps";
import { readBackfill } from "@candlehouse/shared/d1/jobs";
import { log } from "@candlehouse/shared/log/log";
import { readPace } from "./backfill-budget.ts";
import type { BackfillContext } from "./backfill-context.ts";
import { groupedTurn } from "./backfill-grouped.ts";
import { explainTurn } from "./backfill-explain.ts";
import { probeTurn } from "./backfill-probe.ts";
import { settleTurn } from "./backfill-settle.ts";
import { windowTurn, type SeriesJob } from "./backfill-window-turn.ts";

/** What one step did; without `asks` it asked for nothing. */
export interface Turn {
  readonly progress: BackfillProgress;
  readonly asks?: BackfillStep["asks"];
  readonly asked?: BackfillStep["asked"];
  /** How long to wait before the next step, in real milliseconds. */
  readonly waitMs: number;
}

/** What the Workflow does after a step. */
export interface TurnResult {
  /** The job has ended, or is no more this instance's. */
  readonly over: boolean;
  /** Real milliseconds. */
  readonly waitMs: number;
  /** Candles in the answers that were wanted. */
  readonly found: number;
}

const OVER: TurnResult = { over: true, waitMs: 0, found: 0 };

/** A step is not counted as work for longer than that: nobody knows what an instance did that died. */
const STEP_SECONDS_MAX = 3_600;

/**
 * One step of the job `id`, for the Workflow instance `instance`: does the next piece of work and
 * records it. All that it goes by is in D1 and in what is held, so it may be repeated, stopped
 * anywhere, and gone on with by another instance. Throws where it could do nothing.
 */
export async function takeTurn(
  context: BackfillContext,
  id: string,
  instance: string,
): Promise<TurnResult> {
  const startedMs = context.realNowMs();
  const job = await readBackfill(context.db, id);
  if (job === undefined || !isToBeWorkedOn(job, instance)) {
    return OVER;
  }
  const startedAt = shownSeconds(context);
  if (job.startedAt === null) {
    logStart(job);
  }
  const pace = await readPace(context, job);
  const done = pace.works ? await workOn(context, job) : { progress: job.progress, waitMs: 0 };
  const turn = pacedTurn(context, pace, done);
  const at = shownSeconds(context);
  const passed = Math.min(STEP_SECONDS_MAX, Math.max(0, at - startedAt));
  const progress: BackfillProgress = {
    ...turn.progress,
    stalls: 0,
    beatMs: context.realNowMs() + turn.waitMs,
    workedSeconds: job.progress.workedSeconds + passed + waitedSeconds(context, turn.waitMs),
  };
  const end = endOf(job, progress);
  const { asks = [], asked = [] } = turn;
  const saved = await saveStep(context.db, job, { progress, asks, asked, end, at });
  if (pace.works) {
    logTurn(context, job, progress, startedMs);
  }
  if (end !== null && saved) {
    logEnd(job, progress, end.state, at);
  }
  const found = progress.found - job.progress.found;
  return end === null && saved ? { over: false, waitMs: turn.waitMs, found } : { ...OVER, found };
}

/** `turn` as the budget has it: what that has the job wait is no silence of the source's. */
function pacedTurn({ clock }: BackfillContext, { slowed, waitSeconds }: Pace, turn: Turn): Turn {
  if (slowed === null) {
    return { ...turn, progress: { ...turn.progress, slowed } };
  }
  return {
    ...turn,
    progress: { ...turn.progress, slowed, refusedSince: null },
    waitMs: Math.max(turn.waitMs, realDurationMs(clock, waitSeconds * 1_000)),
  };
}

function waitedSeconds({ clock }: BackfillContext, waitMs: number): number {
  return Math.round((waitMs * clock.speed) / 1_000);
}

async function workOn(context: BackfillContext, job: BackfillJob): Promise<Turn> {
  const all = seriesJobsOf(job);
  const [of] = all;
  if (of === undefined) {
    throw new Error(`backfill ${job.id} has no market`);
  }
  switch (job.progress.phase) {
    case "probe":
      return probeTurn(context, of);
    case "fetch": {
      const { isGrouped } = job.request;
      const turn = isGrouped ? groupedTurn(context, job, all) : windowTurn(context, of);
      return endRound(await turn, job);
    }
    case "settle":
      return settleTurn(context, job, all);
    case "explain":
      return explainTurn(context, job, all);
  }
}

function seriesJobsOf(job: BackfillJob): SeriesJob[] {
  const { source, timeframe, request } = job;
  return request.markets.map(({ symbol, nativeSymbol }) => ({
    job,
    series: { source, symbol, timeframe },
    nativeSymbol,
  }));
}

/**
 * At the end of a round that asked for something, what it handed on is waited for; after one that
 * only looked, nothing is left but to say why candles are missing.
 */
function endRound(turn: Turn, { request }: BackfillJob): Turn {
  const { progress } = turn;
  if (progress.cursor < request.end) {
    return turn;
  }
  const phase = nextRound(progress, request.start) === null ? "explain" : "settle";
  return { ...turn, progress: { ...progress, phase } };
}

/** How the job ends with `progress`; null where it goes on. */
function endOf(
  job: BackfillJob,
  progress: BackfillProgress,
): { readonly state: FinalState; readonly message: string } | null {
  if (progress.phase !== "explain" || progress.explained < job.request.markets.length) {
    return null;
  }
  const { tally, givenUp, found, stored } = progress;
  const state =
    givenUp === null || tally.open === 0 ? finalStateOf(tally) : stateAfterGivingUp(found);
  const why = tally.open === 0 ? undefined : (givenUp ?? progress.errors.at(-1))?.reason;
  return { state, message: backfillMessage(job, stored, tally, why) };
}

function logStart(job: BackfillJob): void {
  const { id, batch, request } = job;
  log("backfill.started", {
    job: id,
    batch,
    series: nameOf(job),
    start: isoTime(request.start),
    end: isoTime(request.end),
  });
}

function logTurn(
  context: BackfillContext,
  job: BackfillJob,
  progress: BackfillProgress,
  startedMs: number,
): void {
  const { phase, round } = job.progress;
  if (phase === "settle" || phase === "explain") {
    return;
  }
  log("backfill.window", {
    job: job.id,
    series: nameOf(job),
    phase,
    round,
    reached: isoTime(progress.cursor),
    requests: progress.requests - job.progress.requests,
    found: progress.found - job.progress.found,
    stored: progress.stored - job.progress.stored,
    failures: failuresOf(progress) - failuresOf(job.progress),
    durationMs: context.realNowMs() - startedMs,
  });
}

function failuresOf({ errors }: BackfillProgress): number {
  return errors.reduce((sum, { count }) => sum + count, 0);
}

function logEnd(job: BackfillJob, progress: BackfillProgress, state: FinalState, at: number): void {
  const { absent, rejected, beyondReach, open } = progress.tally;
  log("backfill.finished", {
    job: job.id,
    batch: job.batch,
    series: nameOf(job),
    state,
    requests: progress.requests,
    stored: progress.stored,
    absent,
    rejected,
    beyondReach,
    open,
    instances: progress.instances,
    seconds: at - (job.startedAt ?? at),
  });
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}
