import {
  freshProgress,
  type BackfillJob,
  type BackfillMarket,
} from "@candlehouse/shared/core/backfill-job";
import { nameOf } from "@candlehouse/shared/core/backfill-message";
import { planProbe } from "@candlehouse/shared/core/backfill-probe";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import { InvalidInputError } from "@candlehouse/shared/core/errors";
import type { Run } from "@candlehouse/shared/core/missing";
import {
  closeTimeOf,
  newestClosed,
  openTimeAtOrAfter,
  type Timeframe,
} from "@candlehouse/shared/core/timeframe";
import { insertBackfills, listUnfinished } from "@candlehouse/shared/d1/jobs";
import type { BackfillContext } from "./backfill-context.ts";
import type { BackfillOrder } from "./backfill-request.ts";
import { wantedSeries, type WantedSeries } from "./backfill-series.ts";
import { countMissing, estimateRequests, estimateUsd } from "./backfill-estimate.ts";
import { findCovering } from "./backfill-covering.ts";
import type { Source } from "./sources/source.ts";

/**
 * Most symbols of one grouped job: a step takes five statements of D1 for each, and an invocation
 * may make 1,000. https://developers.cloudflare.com/d1/platform/limits/
 */
const GROUPED_SYMBOLS_MAX = 150;

/** Most series of a dry run: what each of them lacks takes two statements. */
const DRY_SERIES_MAX = 400;

/** A job that an order makes, or that is open already and does what is asked. */
export interface PlannedBackfill {
  readonly job: BackfillJob;
  readonly isKnown: boolean;
  /** Candles that are missing now; only counted where nothing is started. */
  readonly missing: number | null;
  readonly requestsEstimated: number;
  /** US dollars where nothing of what the plan includes is left. */
  readonly usdEstimated: number;
}

/** What an order comes to. */
export interface BackfillPlan {
  /** At least one. */
  readonly planned: readonly PlannedBackfill[];
  /** Names of the series that have no closed candle in the range: nothing is to be fetched of them. */
  readonly leftOut: readonly string[];
}

/**
 * The backfills that `order` asks for: one a series, or one for all where the source gives days of
 * all its markets. New ones are recorded unless the order is a dry run; who works on them sees to
 * the rest. Throws an error of core/errors.ts: an InvalidInputError where no series has a closed
 * candle in the range.
 */
export async function planBackfills(
  context: BackfillContext,
  order: BackfillOrder,
): Promise<BackfillPlan> {
  const source = context.source(order.source);
  const wanted = await wantedSeries(context, source, order);
  if (order.isDry && wanted.length > DRY_SERIES_MAX) {
    throw new InvalidInputError(
      "dry_run",
      wanted.length,
      `what is missing is counted of at most ${DRY_SERIES_MAX} series in one request`,
    );
  }
  const batch = newId();
  const unfinished = await listUnfinished(context.db, source.id);
  const planned: PlannedBackfill[] = [];
  const leftOut: string[] = [];
  const now = shownSeconds(context);
  for (const { timeframe, markets } of jobsOf(wanted, order, source)) {
    const range = closedRange(order, source, timeframe, now);
    const job = newJob(source, { order, batch, timeframe, markets, range, now });
    if (range.start >= range.end) {
      leftOut.push(nameOf(job));
      continue;
    }
    const known = findCovering(unfinished, job, order);
    const missing = order.isDry ? await countMissing(context, job) : null;
    const requestsEstimated = estimateRequests(source, job, missing);
    planned.push({
      job: known ?? job,
      isKnown: known !== undefined,
      missing,
      requestsEstimated,
      usdEstimated: estimateUsd(context, job, missing, requestsEstimated),
    });
  }
  if (planned.length === 0) {
    const [name, value] = order.days === undefined ? ["start", order.start] : ["days", order.days];
    throw new InvalidInputError(
      name,
      value,
      `no candle of ${leftOut.join(", ")} opens and closes in that time`,
    );
  }
  if (!order.isDry) {
    const fresh = planned.filter(({ isKnown }) => !isKnown).map(({ job }) => job);
    await insertBackfills(context.db, fresh);
  }
  return { planned, leftOut };
}

/** Twelve hexadecimal digits, of chance. */
function newId(): string {
  return crypto.randomUUID().replaceAll("-", "").slice(0, 12);
}

interface JobShape {
  readonly timeframe: Timeframe;
  readonly markets: readonly BackfillMarket[];
}

function jobsOf(
  wanted: readonly WantedSeries[],
  { isGrouped }: BackfillOrder,
  source: Source,
): JobShape[] {
  if (!isGrouped) {
    return wanted.map(({ timeframe, symbol, nativeSymbol }) => ({
      timeframe,
      markets: [{ symbol, nativeSymbol }],
    }));
  }
  if (source.grouped === null) {
    throw new InvalidInputError(
      "grouped",
      true,
      `${source.id} does not give a day of all its markets at once`,
    );
  }
  const other = wanted.find(({ timeframe }) => timeframe !== "1d");
  if (other !== undefined) {
    throw new InvalidInputError("timeframe", other.timeframe, "grouped days are of 1d alone");
  }
  if (wanted.length > GROUPED_SYMBOLS_MAX) {
    throw new InvalidInputError(
      "grouped",
      wanted.length,
      `at most ${GROUPED_SYMBOLS_MAX} symbols in one request for grouped days`,
    );
  }
  const markets = wanted.map(({ symbol, nativeSymbol }) => ({ symbol, nativeSymbol }));
  return [{ timeframe: "1d", markets }];
}

/** The open times of the closed candles that `order` asks for; start and end meet where there are none. */
function closedRange(order: BackfillOrder, source: Source, timeframe: Timeframe, now: number): Run {
  const newest = newestClosed(now, timeframe, source.settleSeconds);
  return {
    start: openTimeAtOrAfter(order.start, timeframe),
    end: openTimeAtOrAfter(Math.min(order.end, closeTimeOf(newest, timeframe)), timeframe),
  };
}

interface NewJob extends JobShape {
  readonly order: BackfillOrder;
  readonly batch: string;
  readonly range: Run;
  /** Unix seconds. */
  readonly now: number;
}

function newJob(source: Source, of: NewJob): BackfillJob {
  const { order, batch, timeframe, markets, range, now } = of;
  const isProbed = !order.isGrouped && planProbe(source, range, timeframe) !== undefined;
  return {
    id: newId(),
    batch,
    source: source.id,
    symbol: order.isGrouped ? null : (markets[0]?.symbol ?? null),
    timeframe,
    state: "queued",
    request: { ...range, markets, isGrouped: order.isGrouped },
    progress: freshProgress(range, isProbed ? "probe" : "fetch"),
    message: null,
    instance: null,
    createdAt: now,
    startedAt: null,
    updatedAt: now,
    finishedAt: null,
  };
}

/** What was planned, in one sentence. */
export function startMessage({ planned, leftOut }: BackfillPlan, isDry: boolean): string {
  const known = planned.filter(({ isKnown }) => isKnown).length;
  const requests = planned.reduce((sum, { requestsEstimated }) => sum + requestsEstimated, 0);
  const usd = planned.reduce((sum, { usdEstimated }) => sum + usdEstimated, 0);
  const [first] = planned;
  const what =
    planned.length === 1 && first !== undefined
      ? `a backfill of ${nameOf(first.job)}`
      : `${planned.length} backfills`;
  const without =
    leftOut.length === 0
      ? ""
      : `; left out, for want of a closed candle in that time: ${leftOut.join(", ")}`;
  if (isDry) {
    const missing = planned.reduce((sum, one) => sum + (one.missing ?? 0), 0);
    return `Would start ${what}: ${missing} candles are missing, which takes ${requests} requests or more, and ${usd < 0.01 ? "less than $0.01" : `some $${usd.toFixed(2)}`} beyond what the plan includes; nothing was started${without}`;
  }
  const already =
    known === 0 ? "" : `; ${known} of them ${known === 1 ? "was" : "were"} open already`;
  return `Started ${what}, of ${requests} requests or more${already}${without}`;
}
