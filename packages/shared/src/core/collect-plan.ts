import { chunk } from "./message-plan.ts";
import type { SourceId } from "./source.ts";
import {
  addCandles,
  closeTimeOf,
  countCandles,
  newestClosed,
  openTimeOf,
  type Timeframe,
} from "./timeframe.ts";

/** A series that is to be collected, and how far it is. Times are unix seconds. */
export interface SeriesProgress {
  readonly source: SourceId;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly nativeSymbol: string;
  /** 1 to 4; 1 goes first. */
  readonly tier: number;
  /** Open time of the newest stored candle; null where none is stored. */
  readonly watermark: number | null;
  /** Exclusive: up to here the source has answered that it has nothing more. */
  readonly askedUntil: number | null;
  /** After a failure: not before this. */
  readonly retryAt: number | null;
  readonly failureCount: number;
}

/** What a plan needs to know of a source. */
export interface SourceLimits {
  readonly settleSeconds: number;
  readonly requestsPerMinute: number;
  /** Most candles that one request gives. */
  readonly candlesPerRequest: number;
  /** Where a source serves its newest candles alone: how many; else null. */
  readonly newestOnly: number | null;
}

/** What is asked for a series in this tick: `start` inclusive, `end` exclusive. */
export interface CandleWindow {
  readonly symbol: string;
  readonly nativeSymbol: string;
  readonly timeframe: Timeframe;
  readonly start: number;
  readonly end: number;
  readonly watermark: number | null;
  readonly askedUntil: number | null;
  readonly failureCount: number;
  /** Candles that were never asked for and are beyond the source's reach by now. */
  readonly beyondReach: number;
}

/** What one invocation fetches. */
export interface Shard {
  readonly source: SourceId;
  /** When the fetching may begin, unix seconds: the newest candles have settled by then. */
  readonly askAt: number;
  readonly windows: readonly CandleWindow[];
}

export interface CollectionPlan {
  readonly due: number;
  readonly deferred: number;
  readonly shards: readonly Shard[];
}

/** Candles that a series gets at once when it is new; its history is a backfill's work. */
export const FIRST_CANDLES = 300;

/** Stored candles that each window asks for again, to see what the source changed or added late. */
export const OVERLAP_CANDLES = 3;

/**
 * Most windows in one invocation. Each costs one request to the source; with the calls to the
 * limiter, D1 and the queue a shard stays far below the 1,000 subrequests and 30 s of CPU that
 * bind first. https://developers.cloudflare.com/workers/platform/limits/
 */
export const SHARD_WINDOWS_MAX = 50;

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
 * out waits on and so comes first some time; no series starves.
 */
export function planCollection(
  series: readonly SeriesProgress[],
  limits: ReadonlyMap<SourceId, SourceLimits>,
  nowSeconds: number,
): CollectionPlan {
  let dueCount = 0;
  const shards: Shard[] = [];
  let planned = 0;
  for (const [source, sourceLimits] of limits) {
    const askAt = nowSeconds + waitSeconds(sourceLimits);
    const due = series
      .filter((one) => one.source === source && isDue(one, sourceLimits, askAt))
      .map((one) => ({ one, score: scoreOf(one, nowSeconds) }))
      .toSorted((a, b) => b.score - a.score)
      .map(({ one }) => one);
    const served = due.slice(0, sourceLimits.requestsPerMinute);
    dueCount += due.length;
    planned += served.length;
    const windows = served.map((one) => planWindow(one, sourceLimits, askAt));
    const runs = chunk(windows, SHARD_WINDOWS_MAX);
    shards.push(...runs.map((run) => ({ source, askAt, windows: run })));
  }
  return { due: dueCount, deferred: dueCount - planned, shards };
}

function waitSeconds({ settleSeconds }: SourceLimits): number {
  return settleSeconds <= SETTLE_IN_TICK_SECONDS_MAX ? settleSeconds + CLOCK_SLACK_SECONDS : 0;
}

/** Up to where the series needs nothing any more, exclusive; null where it never had anything. */
export function progressOf(series: SeriesProgress): number | null {
  const stored = series.watermark === null ? null : closeTimeOf(series.watermark, series.timeframe);
  if (stored === null || series.askedUntil === null) {
    return stored ?? series.askedUntil;
  }
  return Math.max(stored, series.askedUntil);
}

function isDue(series: SeriesProgress, limits: SourceLimits, nowSeconds: number): boolean {
  if (series.retryAt !== null && series.retryAt > nowSeconds) {
    return false;
  }
  const progress = progressOf(series);
  return (
    progress === null ||
    progress <= newestClosed(nowSeconds, series.timeframe, limits.settleSeconds)
  );
}

function scoreOf(series: SeriesProgress, nowSeconds: number): number {
  const progress = progressOf(series);
  const waitedSeconds =
    progress === null
      ? NEW_SERIES_WAIT_SECONDS
      : nowSeconds - closeTimeOf(openTimeOf(progress, series.timeframe), series.timeframe);
  return (Math.max(0, waitedSeconds) + BASE_WAIT_SECONDS) * (TIER_WEIGHT[series.tier] ?? 1);
}

/** The window that is asked for `series`, at most one page of its source. */
export function planWindow(
  series: SeriesProgress,
  limits: SourceLimits,
  nowSeconds: number,
): CandleWindow {
  const { symbol, nativeSymbol, timeframe, watermark, askedUntil, failureCount } = series;
  const newest = newestClosed(nowSeconds, timeframe, limits.settleSeconds);
  const endMax = closeTimeOf(newest, timeframe);
  const { candlesPerRequest: page, newestOnly: reach } = limits;
  const wanted = startOf(series, page, endMax);
  const start = reach === null ? wanted : Math.max(wanted, addCandles(endMax, timeframe, -reach));
  const end = Math.min(endMax, addCandles(start, timeframe, page));
  const progress = progressOf(series);
  return {
    symbol,
    nativeSymbol,
    timeframe,
    start,
    end,
    watermark,
    askedUntil,
    failureCount,
    beyondReach: progress === null ? 0 : countCandles(progress, start, timeframe),
  };
}

/** Where the window begins, before the source's reach is considered. Inclusive, aligned. */
function startOf(series: SeriesProgress, page: number, endMax: number): number {
  const { timeframe, watermark, askedUntil } = series;
  if (watermark === null) {
    const anchor = askedUntil === null ? endMax : openTimeOf(askedUntil, timeframe);
    return addCandles(anchor, timeframe, -Math.min(FIRST_CANDLES, page));
  }
  const overlapStart = addCandles(watermark, timeframe, 1 - OVERLAP_CANDLES);
  if (askedUntil === null) {
    return overlapStart;
  }
  // A silence longer than a page: go on from where it was last heard, with half a page of overlap
  // for candles that the source publishes late. Otherwise ask from the last candle on.
  const half = Math.floor(page / 2);
  return Math.max(overlapStart, addCandles(openTimeOf(askedUntil, timeframe), timeframe, -half));
}
