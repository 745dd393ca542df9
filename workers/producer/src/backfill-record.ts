import { isDoubtLess } from "@candlehouse/shared/core/backfill-answer";
import { answersOf, type NewAnswer, type Refusal } from "@candlehouse/shared/core/backfill-asks";
import type { BackfillProgress } from "@candlehouse/shared/core/backfill-job";
import { extendHanded, noteFailures, passTo } from "@candlehouse/shared/core/backfill-progress";
import { judgeAttempt, type Attempt } from "@candlehouse/shared/core/backfill-turn";
import { realDurationMs, shownSeconds } from "@candlehouse/shared/core/clock";
import { clipRuns, type Run } from "@candlehouse/shared/core/missing";
import type { PartialCandle } from "@candlehouse/shared/core/partial-candle";
import type { Series } from "@candlehouse/shared/core/series";
import { countCandles } from "@candlehouse/shared/core/timeframe";
import type { BackfillContext } from "./backfill-context.ts";
import { handOn } from "./backfill-store.ts";
import type { Stretch } from "./backfill-stretch.ts";
import type { Turn } from "./backfill-turn.ts";
import type { SeriesJob } from "./backfill-window-turn.ts";

/** Doubtful stretches that a job remembers; the others are asked for as if they never had been. */
const DOUBTED_MAX = 200;

/** What a step learned of a window, from its start on. */
export interface Recorded {
  readonly window: Run;
  readonly missing: readonly Run[];
  readonly stretch: Stretch;
  readonly refused: readonly Refusal[];
  readonly rejectedBefore: readonly number[];
}

/** Hands on what came, and says what is to be recorded of it. */
export async function recordStretch(
  context: BackfillContext,
  of: SeriesJob,
  before: BackfillProgress,
  { window, missing, stretch, refused, rejectedBefore }: Recorded,
): Promise<Turn> {
  const { job, series } = of;
  const at = shownSeconds(context);
  const verdict = judgeAttempt(before, attemptOf(before, stretch), at);
  const skipped = verdict.skips ? stretch.unanswered : undefined;
  const until = skipped?.end ?? stretch.until;
  const candles = stretch.candles.filter(({ timestamp }) => timestamp < until);
  const handed = await handOn(context, series, candles, job.id);
  // In a later round what lies behind the window has its answers already.
  const end = before.round === 1 ? job.request.end : window.end;
  const failed = failedRuns(stretch, skipped, verdict.givenUp, { until, end });
  const known = { start: window.start, end: until };
  const answers = answersOf(
    known,
    {
      wanted: clipRuns(missing, known),
      found: handed.stored,
      rejected: stillMissing([...handed.rejected, ...rejectedBefore], missing, handed.stored),
      refused: clipRefusals([...refused, ...failed], known),
    },
    series.timeframe,
  );
  const rest = failed.filter(({ start }) => start >= until).map((run) => failedAnswer(run, series));
  const progress: BackfillProgress = {
    ...passTo(before, job, verdict.givenUp === null ? until : job.request.end, null),
    found: before.found + candles.length,
    stored: before.stored + handed.stored.length,
    requests: before.requests + stretch.requests,
    hasAsked: true,
    handed: extendHanded(before.handed, handed.stored),
    tries: verdict.tries,
    skipped: verdict.skipped,
    doubted: stretch.doubted.filter(({ start }) => start >= until).slice(0, DOUBTED_MAX),
    partial: skipped === undefined ? stretch.partial : null,
    refusedSince: verdict.refusedSince,
    givenUp: verdict.givenUp,
    errors: noteFailures(before.errors, stretch.failures, at),
  };
  return {
    progress,
    asks: [{ series, asks: [...answers, ...rest].map((answer) => ({ ...answer, askedAt: at })) }],
    asked: [{ series, range: known }],
    waitMs: realDurationMs(context.clock, verdict.waitMs),
  };
}

function attemptOf(
  before: BackfillProgress,
  { until, answers, doubted, partial, stop, unanswered }: Stretch,
): Attempt {
  const learned =
    isDoubtLess(before.doubted ?? [], doubted, until) || isLonger(before.partial ?? null, partial);
  const attempt = { until, answered: answers > 0, learned };
  if (stop?.kind === "wait" || stop?.kind === "hopeless") {
    const { code, message: reason } = stop.error;
    return stop.kind === "wait"
      ? { ...attempt, stop: { kind: "wait", waitMs: stop.waitMs, code, reason } }
      : { ...attempt, stop: { kind: "hopeless", code, reason } };
  }
  if (unanswered !== undefined && unanswered.isFailed) {
    return {
      ...attempt,
      stop: { kind: "failed", code: unanswered.code, reason: unanswered.reason },
    };
  }
  return { ...attempt, stop };
}

/** Whether `now` has more trades of its candle than `before`. */
function isLonger(before: PartialCandle | null, now: PartialCandle | null): boolean {
  const isSame = before?.candle.timestamp === now?.candle.timestamp;
  return (
    now !== null && (before === null || !isSame || BigInt(now.sinceNs) > BigInt(before.sinceNs))
  );
}

/** What could not be asked for, after this step: a request, or all the rest of the job. */
function failedRuns(
  { unanswered }: Stretch,
  skipped: Run | undefined,
  givenUp: BackfillProgress["givenUp"],
  { until, end }: { readonly until: number; readonly end: number },
): Refusal[] {
  const failed: Refusal[] = [];
  if (skipped !== undefined && unanswered !== undefined) {
    const { code, reason } = unanswered;
    failed.push({ start: skipped.start, end: skipped.end, outcome: "failed", code, reason });
  }
  if (givenUp !== null && until < end) {
    failed.push({ start: until, end, outcome: "failed", ...givenUp });
  }
  return failed;
}

export function failedAnswer(run: Refusal, { timeframe }: Series): NewAnswer {
  return { ...run, found: 0, absent: countCandles(run.start, run.end, timeframe), rejected: [] };
}

function clipRefusals(refusals: readonly Refusal[], range: Run): Refusal[] {
  return refusals.flatMap((refusal) =>
    clipRuns([refusal], range).map((run) => ({ ...refusal, ...run })),
  );
}

/** Those of `times` that lie in `runs` and are not among `stored`; ascending, each once. */
function stillMissing(
  times: readonly number[],
  runs: readonly Run[],
  stored: readonly number[],
): number[] {
  const came = new Set(stored);
  return [...new Set(times)]
    .filter((time) => !came.has(time) && runs.some(({ start, end }) => time >= start && time < end))
    .toSorted((a, b) => a - b);
}
