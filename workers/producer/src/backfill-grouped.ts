import {
  addTallies,
  NOTHING_MISSING,
  type BackfillJob,
} from "@candlehouse/shared/core/backfill-job";
import { noteFailures, passTo } from "@candlehouse/shared/core/backfill-progress";
import { ASKING_ROUNDS } from "@candlehouse/shared/core/backfill-turn";
import { windowAt, windowsOf } from "@candlehouse/shared/core/backfill-window";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import { ArchiveDamagedError } from "@candlehouse/shared/core/errors";
import { dayOf, dayStart, type Run } from "@candlehouse/shared/core/missing";
import { countCandles } from "@candlehouse/shared/core/timeframe";
import type { BackfillContext } from "./backfill-context.ts";
import { askDays } from "./backfill-days.ts";
import { damagedAsks, recordDays, type Damaged, type Lacking } from "./backfill-grouped-record.ts";
import { lookAt, tallyOf } from "./backfill-look.ts";
import type { Turn } from "./backfill-turn.ts";
import type { SeriesJob } from "./backfill-window-turn.ts";

/**
 * Works on some days of all series at once: asks for each day that any of them lacks. The candles
 * go through the queue, however old they are: a file for each series would hold a handful.
 */
export async function groupedTurn(
  context: BackfillContext,
  job: BackfillJob,
  all: readonly SeriesJob[],
): Promise<Turn> {
  const window = windowAt(windowsOf(job.request, "1d", 1), job.progress.cursor);
  if (window === undefined) {
    return { progress: job.progress, waitMs: 0 };
  }
  const lacking: Lacking[] = [];
  const damaged: Damaged[] = [];
  for (const of of all) {
    try {
      lacking.push({ of, look: await lookAt(context, job, of.series, window) });
    } catch (error) {
      if (!(error instanceof ArchiveDamagedError)) {
        throw error;
      }
      damaged.push({ of, error });
    }
  }
  const days = daysOf(lacking);
  const { round, givenUp } = job.progress;
  if (days.length === 0 || round > ASKING_ROUNDS || givenUp !== null) {
    return passWindow(context, job, window, lacking, damaged);
  }
  const wanted = new Set(lacking.map(({ of }) => of.nativeSymbol));
  const report = await askDays(context, context.source(job.source), days, wanted);
  return recordDays(context, job, { window, lacking, damaged }, report);
}

/** Counts what is missing in a window of which nothing is to be asked for. */
function passWindow(
  context: BackfillContext,
  job: BackfillJob,
  window: Run,
  lacking: readonly Lacking[],
  damaged: readonly Damaged[],
): Turn {
  const at = shownSeconds(context);
  const unknown = countCandles(window.start, window.end, job.timeframe) * damaged.length;
  const tally = lacking.reduce(
    (sum, { of, look }) => addTallies(sum, tallyOf(look.explained, of.series)),
    { ...NOTHING_MISSING, open: unknown },
  );
  const passed = passTo(job.progress, job, window.end, tally);
  const failures = damaged.map(({ error }) => error);
  const progress = { ...passed, errors: noteFailures(passed.errors, failures, at) };
  return damaged.length === 0
    ? { progress, waitMs: 0 }
    : { progress, asks: damagedAsks(damaged, window, at), asked: [], waitMs: 0 };
}

/** The days that any series lacks, ascending. */
function daysOf(lacking: readonly Lacking[]): number[] {
  const days = new Set<number>();
  for (const { look } of lacking) {
    for (const { start, end } of look.explained.open) {
      for (let day = dayOf(start); dayStart(day) < end; day += 1) {
        days.add(day);
      }
    }
  }
  return [...days].toSorted((a, b) => a - b);
}
