import {
  planCatchUp,
  planNewest,
  progressOf,
  type CandleWindow,
  type CatchUp,
  type NewestWindow,
  type SeriesProgress,
  type SourceLimits,
} from "./collect-window.ts";
import { chunk } from "./message-plan.ts";
import type { SourceId } from "./source.ts";
import { closeTimeOf, newestClosed, openTimeOf, type Timeframe } from "./timeframe.ts";

/** What one invocation fetches. */
export interface Shard {
  readonly source: SourceId;
  /** When the fetching may begin, unix seconds: the newest candles have settled by then. */
  readonly askAt: number;
  readonly windows: readonly CandleWindow[];
}

/** What a series leaves behind in this tick. */
export interface SeriesCatchUp extends CatchUp {
  readonly source: SourceId;
  readonly symbol: string;
  readonly timeframe: Timeframe;
}

export interface CollectionPlan {
  /** Series whose next candle has closed. */
  readonly due: number;
  /** Of those, the ones that this tick leaves to the next one. */
  readonly deferred: number;
  /** To be written down before anything is fetched: newer candles will hide what lies before them. */
  readonly left: readonly SeriesCatchUp[];
  /** Candles that were never asked for and that nothing will ask for any more. */
  readonly beyondReach: number;
  readonly shards: readonly Shard[];
}

/**
 * Most windows in one invocation, unless a tick has too many for that. Each costs one request to the
 * source; with the calls to the limiter, D1 and the queue a shard stays far below the 1,000
 * subrequests and 30 s of CPU that bind first. https://developers.cloudflare.com/workers/platform/limits/
 */
export const SHARD_WINDOWS_MAX = 50;

/**
 * Most shards of a tick. One cron may lead to 32 invocations, its own among them, and no page says
 * that those of a Worker to itself are free; three are to spare. Where so many shards do not hold
 * what is due, they are larger.
 * https://developers.cloudflare.com/workers/runtime-apis/bindings/service-bindings/#limits
 */
export const TICK_SHARDS_MAX = 28;

/** A waiting series of a better tier counts as if it had waited so many times as long. */
const TIER_WEIGHT: Readonly<Record<number, number>> = { 1: 8, 2: 4, 3: 2, 4: 1 };

/** A new series counts as one that has waited so long: soon, but not before all that is late. */
const NEW_SERIES_WAIT_SECONDS = 3_600;

/**
 * A source whose candles settle within so many seconds is asked in the tick that follows the close,
 * after a wait; another one in a later tick.
 */
const SETTLE_IN_TICK_SECONDS_MAX = 20;

/** A source's Date header has whole seconds, and its clock may be a little behind. */
const CLOCK_SLACK_SECONDS = 1;

/** Added to every wait, so that tiers count from the first second on. */
const BASE_WAIT_SECONDS = 60;

/**
 * Which series are asked in a tick, for which windows, and in which invocation.
 *
 * A series is due when a candle has closed that it has neither stored nor asked for. Where a source
 * allows less than its due work, waiting time times the weight of the tier decides: what is left
 * out waits on and so comes first some time; no series starves. What the source allows beyond its
 * due work goes to what was left behind in a pause, the oldest first.
 */
export function planCollection(
  series: readonly SeriesProgress[],
  limits: ReadonlyMap<SourceId, SourceLimits>,
  nowSeconds: number,
): CollectionPlan {
  const plans = Array.from(limits, ([source, own]) => {
    const ready = series.filter((one) => one.source === source && isReady(one, nowSeconds, own));
    return planSource(source, ready, own, nowSeconds);
  });
  const size = shardSize(plans.map(({ windows }) => windows.length));
  return {
    due: sum(plans.map(({ due }) => due)),
    deferred: sum(plans.map(({ deferred }) => deferred)),
    left: plans.flatMap(({ left }) => left),
    beyondReach: sum(plans.map(({ beyondReach }) => beyondReach)),
    shards: plans.flatMap(({ source, askAt, windows }) =>
      chunk(windows, size).map((run) => ({ source, askAt, windows: run })),
    ),
  };
}

/** The windows of a shard, of sources with so many each: SHARD_WINDOWS_MAX, or as many as it takes. */
function shardSize(counts: readonly number[]): number {
  const most = Math.max(SHARD_WINDOWS_MAX, ...counts);
  for (let size = SHARD_WINDOWS_MAX; size < most; size += 1) {
    if (sum(counts.map((count) => Math.ceil(count / size))) <= TICK_SHARDS_MAX) {
      return size;
    }
  }
  return most;
}

/** What is planned of one source; its windows are cut into shards with those of all others. */
interface SourcePlan extends Omit<CollectionPlan, "shards"> {
  readonly source: SourceId;
  readonly askAt: number;
  readonly windows: readonly CandleWindow[];
}

function planSource(
  source: SourceId,
  series: readonly SeriesProgress[],
  limits: SourceLimits,
  nowSeconds: number,
): SourcePlan {
  const askAt = askTime(limits, nowSeconds);
  const due = series
    .filter((one) => isDue(one, limits, askAt))
    .map((one) => ({ one, score: scoreOf(one, askAt) }))
    .toSorted((a, b) => b.score - a.score);
  const newest = due
    .slice(0, limits.requestsPerMinute)
    .map(({ one }) => ({ one, ...planNewest(one, limits, askAt) }));
  const catchUps = planCatchUps(series, limits, askAt).slice(
    0,
    limits.requestsPerMinute - newest.length,
  );
  return {
    source,
    askAt,
    windows: [...newest.map(({ window }) => window), ...catchUps],
    due: due.length,
    deferred: due.length - newest.length,
    left: newest.flatMap((planned) => leftOf(source, planned)),
    beyondReach: sum(newest.map(({ beyondReach }) => beyondReach)),
  };
}

/** One page for each series that was left behind, the oldest first. */
function planCatchUps(
  series: readonly SeriesProgress[],
  limits: SourceLimits,
  askAt: number,
): CandleWindow[] {
  return series
    .flatMap((one) =>
      one.catchUp === null ? [] : (planCatchUp(one, one.catchUp, limits, askAt) ?? []),
    )
    .toSorted((a, b) => a.start - b.start);
}

function leftOf(source: SourceId, { window, left }: NewestWindow): SeriesCatchUp[] {
  const { symbol, timeframe } = window;
  return left === null ? [] : [{ source, symbol, timeframe, ...left }];
}

/** When a source is asked in the tick of `nowSeconds`: once its newest candles have settled. */
function askTime({ settleSeconds }: SourceLimits, nowSeconds: number): number {
  const waits = settleSeconds <= SETTLE_IN_TICK_SECONDS_MAX;
  return nowSeconds + (waits ? settleSeconds + CLOCK_SLACK_SECONDS : 0);
}

function isReady(series: SeriesProgress, nowSeconds: number, limits: SourceLimits): boolean {
  return series.retryAt === null || series.retryAt <= askTime(limits, nowSeconds);
}

function isDue(series: SeriesProgress, limits: SourceLimits, askAt: number): boolean {
  const progress = progressOf(series);
  return (
    progress === null || progress <= newestClosed(askAt, series.timeframe, limits.settleSeconds)
  );
}

function scoreOf(series: SeriesProgress, askAt: number): number {
  const progress = progressOf(series);
  const waitedSeconds =
    progress === null
      ? NEW_SERIES_WAIT_SECONDS
      : askAt - closeTimeOf(openTimeOf(progress, series.timeframe), series.timeframe);
  return (Math.max(0, waitedSeconds) + BASE_WAIT_SECONDS) * (TIER_WEIGHT[series.tier] ?? 1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
