import type { Doubt } from "./backfill-answer.ts";
import type { Slowed } from "./budget-pace.ts";
import type { ErrorCode } from "./errors.ts";
import type { Run } from "./missing.ts";
import type { PartialCandle } from "./partial-candle.ts";
import type { SourceId } from "./source.ts";
import { countCandles, type Timeframe } from "./timeframe.ts";

/** The states of a backfill. The last four are final. */
export const BACKFILL_STATES = [
  "queued",
  "running",
  "paused",
  "complete",
  "incomplete",
  "failed",
  "cancelled",
] as const;

export type BackfillState = (typeof BACKFILL_STATES)[number];

/** How a backfill can end. */
export type FinalState = Extract<BackfillState, "complete" | "incomplete" | "failed" | "cancelled">;

/** Whether nothing more happens in `state`. */
export function isFinal(state: BackfillState): state is FinalState {
  return state !== "queued" && state !== "running" && state !== "paused";
}

/** A market of a backfill: its symbol here, and its name at the source. */
export interface BackfillMarket {
  readonly symbol: string;
  readonly nativeSymbol: string;
}

/** What a backfill is to do; it never changes. */
export interface BackfillRequest extends Run {
  /** One; several where a source gives a day of all its markets at once. */
  readonly markets: readonly BackfillMarket[];
  /** Whether days of all markets are asked for, not windows of one. */
  readonly isGrouped: boolean;
}

/** How often something went wrong in the same way. */
export interface BackfillFailure {
  /** When it last did, unix seconds. */
  readonly at: number;
  readonly code: ErrorCode;
  /** Of the last time. */
  readonly reason: string;
  readonly count: number;
}

/**
 * `probe`: where is nothing at all. `fetch`: window by window. `settle`: until all is visible.
 * `explain`: why what is missing is missing.
 */
export type BackfillPhase = "probe" | "fetch" | "settle" | "explain";

/** Missing candles as the last look at all windows found them. */
export interface MissingTally {
  /** The source was asked and has none. */
  readonly absent: number;
  readonly rejected: number;
  readonly beyondReach: number;
  /** Could not be asked for or stored. */
  readonly open: number;
}

export const NOTHING_MISSING: MissingTally = { absent: 0, rejected: 0, beyondReach: 0, open: 0 };

/**
 * How far a backfill is. All that a run needs to go on where another one ended: nothing else is
 * remembered between two steps. Times are unix seconds.
 */
export interface BackfillProgress {
  readonly phase: BackfillPhase;
  /** Looks at all windows: the first asks for what is missing, each further one for what still is. */
  readonly round: number;
  /** Open time from which on the round is to be done. */
  readonly cursor: number;
  /** Candles in answers that were wanted. */
  readonly found: number;
  /** Of these, handed to the queue or the archive. */
  readonly stored: number;
  readonly requests: number;
  /** What the round has found missing so far. */
  readonly tally: MissingTally;
  /** Whether the round has asked for anything: then another one looks at what came of it. */
  readonly hasAsked: boolean;
  /** Open times of the first and the last candle that the round handed on; null before any. */
  readonly handed: { readonly first: number; readonly last: number } | null;
  /** Steps that waited for what was handed on. */
  readonly polls: number;
  /** Series of the job whose missing candles have a class by now. */
  readonly explained: number;
  /** Attempts at the request at the cursor that failed. */
  readonly tries: number;
  /** Requests one after another that were given up. */
  readonly skipped: number;
  /**
   * Stretches from the cursor on that the source was silent about, ascending: the first ones, of
   * a later step's work. Rows of older versions have none.
   */
  readonly doubted?: readonly Doubt[];
  /** The candle at the cursor as far as its trades came; rows of older versions have none. */
  readonly partial?: PartialCandle | null;
  /** Since when nothing new has come of asking, unix seconds; null while something does. */
  readonly refusedSince: number | null;
  /** What the budget has it wait for; null at full speed. Rows of older versions have none. */
  readonly slowed?: Slowed | null;
  /** Why the rest was given up; null where it was not. */
  readonly givenUp: { readonly code: ErrorCode; readonly reason: string } | null;
  /** Seconds of work so far, waits for the source included. */
  readonly workedSeconds: number;
  /** The real time of the last step, unix milliseconds: by it a silent instance is known. */
  readonly beatMs: number;
  /** Candles of the range that the first round had dealt with, for rate and ETA. */
  readonly passed: number;
  readonly errors: readonly BackfillFailure[];
  /** Workflow instances so far, and how many of them have ended since there was progress. */
  readonly instances: number;
  readonly stalls: number;
}

/** A row of `jobs` of the kind backfill. Times are unix seconds. */
export interface BackfillJob {
  readonly id: string;
  readonly batch: string;
  readonly source: SourceId;
  /** Null where the job is of several markets. */
  readonly symbol: string | null;
  readonly timeframe: Timeframe;
  readonly state: BackfillState;
  readonly request: BackfillRequest;
  readonly progress: BackfillProgress;
  readonly message: string | null;
  /** Id of the Workflow instance that works on it; null where none does yet. */
  readonly instance: string | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly updatedAt: number;
  readonly finishedAt: number | null;
}

export function freshProgress(range: Run, phase: BackfillPhase): BackfillProgress {
  return {
    phase,
    round: 1,
    cursor: range.start,
    found: 0,
    stored: 0,
    requests: 0,
    tally: NOTHING_MISSING,
    hasAsked: false,
    handed: null,
    polls: 0,
    explained: 0,
    tries: 0,
    skipped: 0,
    doubted: [],
    partial: null,
    refusedSince: null,
    givenUp: null,
    workedSeconds: 0,
    beatMs: 0,
    passed: 0,
    errors: [],
    instances: 0,
    stalls: 0,
  };
}

export function addTallies(a: MissingTally, b: MissingTally): MissingTally {
  return {
    absent: a.absent + b.absent,
    rejected: a.rejected + b.rejected,
    beyondReach: a.beyondReach + b.beyondReach,
    open: a.open + b.open,
  };
}

/** `failures` with one more at `at`; those of one code are one entry. */
export function noteFailure(
  failures: readonly BackfillFailure[],
  { code, message }: { readonly code: ErrorCode; readonly message: string },
  at: number,
): BackfillFailure[] {
  const before = failures.find((failure) => failure.code === code);
  const noted = { at, code, reason: message, count: (before?.count ?? 0) + 1 };
  return before === undefined
    ? [...failures, noted]
    : failures.map((failure) => (failure === before ? noted : failure));
}

/** Candles of the job's range, of all its markets. */
export function candlesDue({
  request,
  timeframe,
}: Pick<BackfillJob, "request" | "timeframe">): number {
  return countCandles(request.start, request.end, timeframe) * request.markets.length;
}

/** Candles of the range that are dealt with a second; null while there is nothing to tell it from. */
export function rateOf({ passed, workedSeconds }: BackfillProgress): number | null {
  return passed === 0 || workedSeconds === 0
    ? null
    : Math.round((passed / workedSeconds) * 10) / 10;
}

/** Seconds until the first round has dealt with all candles; null where that cannot be told. */
export function etaOf(job: BackfillJob): number | null {
  const rate = rateOf(job.progress);
  const isUnderWay = job.state === "running" && job.progress.round === 1;
  return rate === null || rate === 0 || !isUnderWay
    ? null
    : Math.max(0, Math.ceil((candlesDue(job) - job.progress.passed) / rate));
}
