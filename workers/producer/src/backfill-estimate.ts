import { boundaryOf } from "@candlehouse/shared/core/archive-plan";
import { candlesDue, type BackfillJob } from "@candlehouse/shared/core/backfill-job";
import { planProbe } from "@candlehouse/shared/core/backfill-probe";
import { pageCandles } from "@candlehouse/shared/core/backfill-window";
import { backfillUsd } from "@candlehouse/shared/core/budget-estimate";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import { countRuns, type Run } from "@candlehouse/shared/core/missing";
import type { Series } from "@candlehouse/shared/core/series";
import { countCandles, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { findMissing } from "@candlehouse/shared/coverage/find-missing";
import type { BackfillContext } from "./backfill-context.ts";
import { pageSizeOf, type Source } from "./sources/source.ts";

/** Candles that are missing now of what `job` is to fetch. Throws ArchiveDamagedError, StorageUnavailableError. */
export async function countMissing(
  { db, bucket }: BackfillContext,
  { source, timeframe, request }: BackfillJob,
): Promise<number> {
  let missing = 0;
  for (const { symbol } of request.markets) {
    const series: Series = { source, symbol, timeframe };
    const range = { from: request.start, to: request.end };
    missing += countRuns(await findMissing({ db, bucket }, series, range), timeframe);
  }
  return missing;
}

/** The requests that `job` takes, at least so many; of candles that are made of trades, it depends on how many of these there are. */
export function estimateRequests(source: Source, job: BackfillJob, missing: number | null): number {
  const { request, timeframe } = job;
  const days = planProbe(source, request, timeframe);
  if (request.isGrouped) {
    return missing === 0 ? 0 : countCandles(request.start, request.end, "1d");
  }
  const candles = missing ?? countCandles(request.start, request.end, timeframe);
  return candles === 0
    ? 0
    : pages(source, timeframe, candles) +
        (days === undefined ? 0 : pages(source, "1d", daysIn(days)));
}

/**
 * US dollars that `job` is billed about, where nothing of what the plan includes is left. Where it is
 * not known what is missing, all of its range counts, and of what is missing the youngest does.
 */
export function estimateUsd(
  context: BackfillContext,
  job: BackfillJob,
  missing: number | null,
  requests: number,
): number {
  const { request, timeframe } = job;
  const candles = missing ?? candlesDue(job);
  const hotFrom = boundaryOf(timeframe, shownSeconds(context), context.hotDays);
  const hot = countCandles(Math.max(request.start, hotFrom), request.end, timeframe);
  const hotCandles = Math.min(candles, Math.max(0, hot) * request.markets.length);
  return backfillUsd({ candles, hotCandles, requests });
}

function pages(source: Source, timeframe: Timeframe, candles: number): number {
  return Math.ceil(candles / pageCandles(pageSizeOf(source, timeframe)));
}

function daysIn({ start, end }: Run): number {
  return countCandles(start, end, "1d");
}
