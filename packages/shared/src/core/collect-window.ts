import {
  addCandles,
  closeTimeOf,
  countCandles,
  newestClosed,
  openTimeAtOrAfter,
  openTimeOf,
  type Timeframe,
} from "./timeframe.ts";
import { reachStartOf } from "./source-traits.ts";
import type { SourceId } from "./source.ts";

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
  /** What lies before the watermark and was never asked for; null where all was. */
  readonly catchUp: CatchUp | null;
  /** After a failure: not before this. */
  readonly retryAt: number | null;
  readonly failureCount: number;
}

/** A range that is still to be asked for: `from` inclusive, `until` exclusive, unix seconds. */
export interface CatchUp {
  readonly from: number;
  readonly until: number;
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

/** What is asked for a series: `start` inclusive, `end` exclusive, at most one page. */
export interface CandleWindow {
  /** Whether the window ends at the newest closed candle, or works off what was left behind it. */
  readonly kind: "newest" | "catch_up";
  readonly symbol: string;
  readonly nativeSymbol: string;
  readonly timeframe: Timeframe;
  readonly start: number;
  readonly end: number;
  readonly watermark: number | null;
  readonly askedUntil: number | null;
  readonly failureCount: number;
  /**
   * Of a newest window: what was left behind up to here, exclusive, the source gives no more, so that
   * nobody asks for it.
   */
  readonly givenUpUntil?: number;
}

/** The window at the newest closed candle, and what it leaves behind it. */
export interface NewestWindow {
  readonly window: CandleWindow;
  /** What the window does not reach and is to be asked for later. */
  readonly left: CatchUp | null;
  /** Candles that were never asked for and that nothing will ask for any more. */
  readonly beyondReach: number;
}

/** Candles that a series gets at once when it is new; its history is a backfill's work. */
export const FIRST_CANDLES = 300;

/** Stored candles that each window asks for again, to see what the source changed or added late. */
export const OVERLAP_CANDLES = 3;

/** How far back a series catches up by itself after a pause; what lies before is a backfill's work. */
export const CATCH_UP_SECONDS_MAX = 30 * 86_400;

/** Up to where the series needs nothing any more, exclusive; null where it never had anything. */
export function progressOf(series: SeriesProgress): number | null {
  const stored = series.watermark === null ? null : closeTimeOf(series.watermark, series.timeframe);
  if (stored === null || series.askedUntil === null) {
    return stored ?? series.askedUntil;
  }
  return Math.max(stored, series.askedUntil);
}

/**
 * The window that is asked for `series` at `nowSeconds`. It always ends at the newest closed candle:
 * what is current comes first. After a pause that is longer than a page the rest is left for later.
 */
export function planNewest(
  series: SeriesProgress,
  limits: SourceLimits,
  nowSeconds: number,
): NewestWindow {
  const { timeframe } = series;
  const end = closeTimeOf(newestClosed(nowSeconds, timeframe, limits.settleSeconds), timeframe);
  const wanted = wantedStart(series, limits.candlesPerRequest, end);
  const page = Math.min(limits.candlesPerRequest, limits.newestOnly ?? Number.POSITIVE_INFINITY);
  const start = Math.max(wanted, addCandles(end, timeframe, -page));
  const window = {
    ...windowOf(series, "newest", start, end),
    ...givenUpOf(series, nowSeconds),
  };
  const from = progressOf(series);
  if (from === null || from >= start) {
    return { window, left: null, beyondReach: 0 };
  }
  if (limits.newestOnly !== null) {
    return { window, left: null, beyondReach: countCandles(from, start, timeframe) };
  }
  const left = catchUpOf(series, from, start, nowSeconds);
  return { window, left, beyondReach: countCandles(from, left?.from ?? start, timeframe) };
}

/** The range from `from` to `until` as far as it is caught up, or null where nothing of it is. */
export function catchUpOf(
  { source, timeframe }: Pick<SeriesProgress, "source" | "timeframe">,
  from: number,
  until: number,
  nowSeconds: number,
): CatchUp | null {
  const earliest = openTimeAtOrAfter(nowSeconds - CATCH_UP_SECONDS_MAX, timeframe);
  const start = Math.max(from, earliest, reachOf({ source, timeframe }, nowSeconds));
  return start < until ? { from: openTimeAtOrAfter(start, timeframe), until } : null;
}

/**
 * The next page of what the series has left behind; undefined where the source gives none of it any
 * more. What is too old is passed over: a source may refuse it each time, and what lies behind it
 * would wait until it is too old as well.
 */
export function planCatchUp(
  series: SeriesProgress,
  catchUp: CatchUp,
  limits: SourceLimits,
  nowSeconds: number,
): CandleWindow | undefined {
  const start = Math.max(catchUp.from, reachOf(series, nowSeconds));
  const pageEnd = addCandles(start, series.timeframe, limits.candlesPerRequest);
  return start < catchUp.until
    ? windowOf(series, "catch_up", start, Math.min(catchUp.until, pageEnd))
    : undefined;
}

/** That all that `series` left behind is too old, where it is. */
function givenUpOf(series: SeriesProgress, nowSeconds: number): Pick<CandleWindow, "givenUpUntil"> {
  const until = series.catchUp?.until ?? Infinity;
  return until <= reachOf(series, nowSeconds) ? { givenUpUntil: until } : {};
}

/** Open time of the oldest candle that the source still gives. */
function reachOf(
  { source, timeframe }: Pick<SeriesProgress, "source" | "timeframe">,
  nowSeconds: number,
): number {
  return reachStartOf(source, timeframe, nowSeconds) ?? Number.NEGATIVE_INFINITY;
}

function windowOf(
  series: SeriesProgress,
  kind: CandleWindow["kind"],
  start: number,
  end: number,
): CandleWindow {
  const { symbol, nativeSymbol, timeframe, watermark, askedUntil, failureCount } = series;
  return { kind, symbol, nativeSymbol, timeframe, start, end, watermark, askedUntil, failureCount };
}

/** Where the window would begin if a page had no end. Inclusive, aligned. */
function wantedStart(series: SeriesProgress, page: number, end: number): number {
  const { timeframe, watermark, askedUntil } = series;
  if (watermark === null) {
    const anchor = askedUntil === null ? end : openTimeOf(askedUntil, timeframe);
    return addCandles(anchor, timeframe, -Math.min(FIRST_CANDLES, page));
  }
  const overlapStart = addCandles(watermark, timeframe, 1 - OVERLAP_CANDLES);
  if (askedUntil === null) {
    return overlapStart;
  }
  // A silence longer than half a page: ask from where the source was last asked, with half a page
  // of overlap for candles that it publishes late. Otherwise from the last candle on.
  const half = Math.floor(page / 2);
  return Math.max(overlapStart, addCandles(openTimeOf(askedUntil, timeframe), timeframe, -half));
}
