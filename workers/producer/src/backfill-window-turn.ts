import type { Refusal } from "@candlehouse/shared/core/backfill-asks";
import type { BackfillJob, BackfillProgress } from "@candlehouse/shared/core/backfill-job";
import { noteFailures, passTo } from "@candlehouse/shared/core/backfill-progress";
import { ASKING_ROUNDS } from "@candlehouse/shared/core/backfill-turn";
import { pageCandles, windowAt, windowsOf } from "@candlehouse/shared/core/backfill-window";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import { ArchiveDamagedError } from "@candlehouse/shared/core/errors";
import { clipRuns, subtractRanges, type Run } from "@candlehouse/shared/core/missing";
import type { Series } from "@candlehouse/shared/core/series";
import { reachStartOf } from "@candlehouse/shared/core/source-traits";
import { countCandles } from "@candlehouse/shared/core/timeframe";
import type { BackfillContext } from "./backfill-context.ts";
import { beyondBefore, lookAt, rejectedBefore, tallyOf } from "./backfill-look.ts";
import { failedAnswer, recordStretch } from "./backfill-record.ts";
import { fetchStretch } from "./backfill-stretch.ts";
import type { Turn } from "./backfill-turn.ts";
import { pageSizeOf } from "./sources/source.ts";

/** Windows that one step looks at where nothing of them is to be asked for. */
const LOOKS_MAX = 24;

/** A series of a job, and the job. */
export interface SeriesJob {
  readonly job: BackfillJob;
  readonly series: Series;
  readonly nativeSymbol: string;
}

/**
 * Works on the window at the cursor: looks for what is missing in it, asks for that, hands it on.
 * Windows with nothing to ask for are passed on the way.
 */
export async function windowTurn(context: BackfillContext, of: SeriesJob): Promise<Turn> {
  const { job, series } = of;
  const pageSize = pageCandles(pageSizeOf(context.source(series.source), series.timeframe));
  const windows = windowsOf(job.request, series.timeframe, pageSize);
  let { progress } = job;
  for (let looks = 1; ; looks += 1) {
    const window = windowAt(windows, progress.cursor);
    if (window === undefined) {
      return { progress, waitMs: 0 };
    }
    const turn = await workOn(context, of, progress, window);
    if (turn.asks !== undefined || turn.waitMs > 0 || looks === LOOKS_MAX) {
      return turn;
    }
    ({ progress } = turn);
  }
}

async function workOn(
  context: BackfillContext,
  of: SeriesJob,
  progress: BackfillProgress,
  window: Run,
): Promise<Turn> {
  const { job, series } = of;
  const look = await lookAt(context, job, series, window).catch((error: unknown) => {
    if (error instanceof ArchiveDamagedError) {
      return error;
    }
    throw error;
  });
  if (look instanceof ArchiveDamagedError) {
    return passDamaged(context, of, progress, window, look);
  }
  const { missing, explained } = look;
  const isLast = progress.round > ASKING_ROUNDS || progress.givenUp !== null;
  if (explained.open.length === 0 || isLast) {
    return { progress: passTo(progress, job, window.end, tallyOf(explained, series)), waitMs: 0 };
  }
  const beyond = beyondReach(explained.open, series, shownSeconds(context));
  const wanted = subtractRanges(explained.open, beyond);
  const stretch = await fetchStretch(context, of, progress, wanted, window);
  return recordStretch(context, of, progress, {
    window,
    missing,
    stretch,
    refused: [...beyond, ...beyondBefore(look), ...stretch.refused],
    rejectedBefore: rejectedBefore(look),
  });
}

/** What of `open` the source gives no more. */
function beyondReach(open: readonly Run[], { source, timeframe }: Series, now: number): Refusal[] {
  const reach = reachStartOf(source, timeframe, now);
  if (reach === null) {
    return [];
  }
  return clipRuns(open, { start: Number.NEGATIVE_INFINITY, end: reach }).map((run) => ({
    ...run,
    outcome: "beyond_reach",
    code: null,
    reason: `${source} gives no ${timeframe} candles before ${new Date(reach * 1_000).toISOString()}`,
  }));
}

/** A window whose archived file cannot be read: what it lacks cannot be known, so nothing is asked. */
function passDamaged(
  context: BackfillContext,
  of: SeriesJob,
  progress: BackfillProgress,
  window: Run,
  error: ArchiveDamagedError,
): Turn {
  const { job, series } = of;
  const at = shownSeconds(context);
  const open = countCandles(window.start, window.end, series.timeframe);
  const failed: Refusal = {
    ...window,
    outcome: "failed",
    code: error.code,
    reason: error.message,
  };
  return {
    progress: {
      ...passTo(progress, job, window.end, { absent: 0, rejected: 0, beyondReach: 0, open }),
      errors: noteFailures(progress.errors, [error], at),
    },
    asks: [{ series, asks: [{ ...failedAnswer(failed, series), askedAt: at }] }],
    // What was answered about it before stays true.
    asked: [],
    waitMs: 0,
  };
}
