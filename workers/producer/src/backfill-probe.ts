import { holesOf, planProbe } from "@candlehouse/shared/core/backfill-probe";
import { noteFailure, type BackfillProgress } from "@candlehouse/shared/core/backfill-job";
import { realDurationMs, shownSeconds } from "@candlehouse/shared/core/clock";
import { ArchiveDamagedError } from "@candlehouse/shared/core/errors";
import { joinRuns, countRuns, type Run } from "@candlehouse/shared/core/missing";
import { reachStartOf } from "@candlehouse/shared/core/source-traits";
import { findMissing } from "@candlehouse/shared/coverage/find-missing";
import type { Ask } from "@candlehouse/shared/d1/asked-ranges";
import type { BackfillContext } from "./backfill-context.ts";
import { askPages, type PagesReport } from "./backfill-pages.ts";
import { startOfCandles } from "./backfill-stretch.ts";
import type { Turn } from "./backfill-turn.ts";
import type { SeriesJob } from "./backfill-window-turn.ts";

const DAY_SECONDS = 86_400;

/** Real time that the probe asks for. */
const ASK_MS_MAX = 60_000;

/** Tries at the probe; without it the backfill takes more requests and comes to the same. */
const PROBE_TRIES_MAX = 4;
const RETRY_WAIT_MS = 15_000;

/**
 * Asks for the daily candles of the range first: where there are none for days, such as before a
 * market was listed, its smaller candles are not asked for one page after another.
 */
export async function probeTurn(context: BackfillContext, of: SeriesJob): Promise<Turn> {
  const { job, series, nativeSymbol } = of;
  const source = context.source(series.source);
  const probed = probedDays(context, of);
  const onward: BackfillProgress = { ...job.progress, phase: "fetch", tries: 0, skipped: 0 };
  if (probed === undefined) {
    return { progress: onward, waitMs: 0 };
  }
  const report = await askPages(
    source,
    { symbol: series.symbol, nativeSymbol, timeframe: "1d", wanted: [probed] },
    context.realNowMs() + ASK_MS_MAX,
    context.askTools(source),
  );
  const at = shownSeconds(context);
  const progress: BackfillProgress = {
    ...onward,
    requests: job.progress.requests + report.requests,
    errors: report.failures.reduce(
      (noted, failure) => noteFailure(noted, failure, at),
      job.progress.errors,
    ),
  };
  const waitMs = waitAfter(job.progress, report);
  if (waitMs !== null) {
    const tries = job.progress.tries + 1;
    return {
      progress: { ...progress, phase: "probe", tries },
      waitMs: realDurationMs(context.clock, waitMs),
    };
  }
  const absent = joinRuns(
    report.absent.toSorted((a, b) => a.start - b.start),
    0,
    "1d",
  );
  const asks = await holeAsks(context, of, holesOf(absent, probed, series.timeframe), at);
  return {
    progress,
    asks: [{ series, asks }],
    asked: asks.map((range) => ({ series, range })),
    waitMs: 0,
  };
}

/** The days that are probed, as far as the source gives their candles; undefined where none are. */
function probedDays(context: BackfillContext, { job, series }: SeriesJob): Run | undefined {
  const source = context.source(series.source);
  const now = shownSeconds(context);
  const reach = Math.max(
    startOfCandles(context, source, "1d"),
    reachStartOf(source.id, "1d", now) ?? 0,
    reachStartOf(source.id, series.timeframe, now) ?? 0,
  );
  const start = Math.max(job.request.start, reach);
  return planProbe(source, { start, end: job.request.end }, series.timeframe);
}

/**
 * How long to wait before the probe is tried again, by the source's clock; null where it is done,
 * or cannot be: then the windows meet what is wrong, and record it.
 */
function waitAfter(before: BackfillProgress, report: PagesReport): number | null {
  const { open, stop } = report;
  if (before.tries >= PROBE_TRIES_MAX || stop?.kind === "hopeless") {
    return null;
  }
  if (stop !== null) {
    return stop.waitMs;
  }
  const failed = open.some(({ error }) => error !== null);
  return failed ? RETRY_WAIT_MS * 2 ** before.tries : null;
}

/** What is recorded of the holes in which something is missing. */
async function holeAsks(
  { db, bucket }: BackfillContext,
  { series }: SeriesJob,
  holes: readonly Run[],
  askedAt: number,
): Promise<Ask[]> {
  const asks: Ask[] = [];
  for (const { start, end } of holes) {
    const missing = await findMissing({ db, bucket }, series, { from: start, to: end }).catch(
      (error: unknown) => {
        if (error instanceof ArchiveDamagedError) {
          // The windows meet it too, and record it.
          return [];
        }
        throw error;
      },
    );
    const absent = countRuns(missing, series.timeframe);
    if (absent > 0) {
      const days = Math.round((end - start) / DAY_SECONDS);
      const reason = `${series.source} has no daily candle on these ${days} days`;
      asks.push({
        start,
        end,
        outcome: "answered",
        found: 0,
        absent,
        rejected: [],
        code: null,
        reason,
        askedAt,
      });
    }
  }
  return asks;
}
