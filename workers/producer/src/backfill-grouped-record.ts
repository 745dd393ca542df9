import { answersOf, type NewAnswer, type Refusal } from "@candlehouse/shared/core/backfill-asks";
import type { BackfillJob } from "@candlehouse/shared/core/backfill-job";
import { extendHanded, noteFailures, passTo } from "@candlehouse/shared/core/backfill-progress";
import { findCandleFault, type Candle } from "@candlehouse/shared/core/candle";
import { realDurationMs, shownSeconds } from "@candlehouse/shared/core/clock";
import type { ArchiveDamagedError } from "@candlehouse/shared/core/errors";
import { clipRuns, dayStart, subtractRanges, type Run } from "@candlehouse/shared/core/missing";
import { encodeCandle } from "@candlehouse/shared/queue/candle-message";
import type { BackfillContext } from "./backfill-context.ts";
import { judgeDays } from "./backfill-days-verdict.ts";
import type { DaysReport } from "./backfill-days.ts";
import { beyondBefore, rejectedBefore, type Look } from "./backfill-look.ts";
import { failedAnswer } from "./backfill-record.ts";
import { sendBackfilled } from "./backfill-store.ts";
import type { Turn } from "./backfill-turn.ts";
import type { SeriesJob } from "./backfill-window-turn.ts";

/** A series of the job, and what it lacks. */
export interface Lacking {
  readonly of: SeriesJob;
  readonly look: Look;
}

/** A series of which that cannot be known: a file of it cannot be read. Nothing is asked for it. */
export interface Damaged {
  readonly of: SeriesJob;
  readonly error: ArchiveDamagedError;
}

/** What a step found of its window before it asked. */
export interface GroupedWindow {
  readonly window: Run;
  readonly lacking: readonly Lacking[];
  readonly damaged: readonly Damaged[];
}

/** The candles of one series that it lacked and that came, by whether they can ever be stored. */
interface Came extends Lacking {
  readonly good: readonly Candle[];
  readonly faulty: readonly Candle[];
}

/** Hands on what came, and says what is to be recorded of each series. */
export async function recordDays(
  context: BackfillContext,
  job: BackfillJob,
  { window, lacking, damaged }: GroupedWindow,
  report: DaysReport,
): Promise<Turn> {
  const at = shownSeconds(context);
  const { verdict, until, end, refused } = judgeDays(job.progress, window, report, at);
  const stretch = { start: window.start, end };
  const came = lacking.map((one) => cameOf(one, report, until, at));
  const rows = came.flatMap(({ of, good, faulty }) =>
    [...good, ...faulty].map((candle) => encodeCandle(of.series.symbol, job.timeframe, candle)),
  );
  await sendBackfilled(context, job.source, rows, job.id);
  const asks = came.map((one) => ({
    series: one.of.series,
    asks: answersOfSeries(one, stretch, refused).map((answer) => ({ ...answer, askedAt: at })),
  }));
  const failures = [...damaged.map(({ error }) => error), ...report.failures];
  const { progress } = job;
  return {
    progress: {
      ...passTo(progress, job, verdict.givenUp === null ? until : job.request.end, null),
      found: progress.found + rows.length,
      stored: progress.stored + came.reduce((sum, { good }) => sum + good.length, 0),
      requests: progress.requests + report.requests,
      hasAsked: true,
      handed: came.reduce((sum, { good }) => extendHanded(sum, timesOf(good)), progress.handed),
      tries: verdict.tries,
      skipped: verdict.skipped,
      refusedSince: verdict.refusedSince,
      givenUp: verdict.givenUp,
      errors: noteFailures(progress.errors, failures, at),
    },
    asks: [
      ...asks.filter((one) => one.asks.length > 0),
      ...(stretch.start < stretch.end ? damagedAsks(damaged, stretch, at) : []),
    ],
    // What was answered about a damaged series before stays true.
    asked: came.map(({ of }) => ({ series: of.series, range: stretch })),
    waitMs: realDurationMs(context.clock, verdict.waitMs),
  };
}

/** That `range` could not be asked for of the damaged series. */
export function damagedAsks(damaged: readonly Damaged[], range: Run, askedAt: number) {
  return damaged.map(({ of: { series }, error }) => {
    const { code, message: reason } = error;
    const failed: Refusal = { ...range, outcome: "failed", code, reason };
    return { series, asks: [{ ...failedAnswer(failed, series), askedAt }] };
  });
}

/** What of the candles that `one` lacked came, ascending, of days before `until`. */
function cameOf(one: Lacking, report: DaysReport, until: number, at: number): Came {
  const { of, look } = one;
  const candles = report.answered.flatMap(({ item: day, result }) => {
    const candle = result.get(of.nativeSymbol);
    const time = dayStart(day);
    const isWanted = time < until && isIn(look.explained.open, time);
    return candle !== undefined && isWanted ? [candle] : [];
  });
  const isGood = (candle: Candle): boolean =>
    findCandleFault(candle, of.series.timeframe, at) === undefined;
  return {
    ...one,
    good: candles.filter(isGood),
    faulty: candles.filter((candle) => !isGood(candle)),
  };
}

function answersOfSeries(
  { of, look, good, faulty }: Came,
  stretch: Run,
  refused: readonly Refusal[],
): NewAnswer[] {
  const before = learnedBefore(look, stretch, refused);
  const learned = {
    wanted: clipRuns(look.missing, stretch),
    found: timesOf(good),
    rejected: [...before.rejected, ...timesOf(faulty)].toSorted((a, b) => a - b),
    refused: [...before.refused, ...refused],
  };
  return answersOf(stretch, learned, of.series.timeframe);
}

/**
 * What earlier steps of the job learned of the part `stretch` and goes on being so: days beyond reach
 * (but for those `refused` anew), and candles that came and can never be stored.
 */
function learnedBefore(
  look: Look,
  stretch: Run,
  refused: readonly Refusal[],
): { readonly refused: readonly Refusal[]; readonly rejected: readonly number[] } {
  const { missing, explained } = look;
  const beyond = beyondBefore(look).flatMap((refusal) =>
    subtractRanges(clipRuns([refusal], stretch), refused).map((run) => ({ ...refusal, ...run })),
  );
  return {
    refused: beyond,
    rejected: [...new Set(rejectedBefore(look))].filter(
      (time) => isIn(clipRuns(missing, stretch), time) && !isIn(explained.open, time),
    ),
  };
}

function timesOf(candles: readonly Candle[]): number[] {
  return candles.map(({ timestamp }) => timestamp);
}

function isIn(runs: readonly Run[], time: number): boolean {
  return runs.some(({ start, end }) => time >= start && time < end);
}
