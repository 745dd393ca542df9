import {
  addCandles,
  closeTimeOf,
  countCandles,
  openTimeOf,
  timeframeSeconds,
  type Timeframe,
} from "@candlehouse/shared/core/timeframe";
import type { TimeRange } from "./chart-place.ts";

/** Candles of a page: what the reader gets at once, and what a further step gets. */
const FIRST_CANDLES = 1_500;
export const PAGE_CANDLES = 5_000;

/** A page that is cut at a multiple of its length may be this much longer. */
export const PAGE_CANDLES_MAX = 2 * PAGE_CANDLES;

/** What lies further away than so many candles is not joined to what is loaded, but replaces it. */
const JOINED_CANDLES_MAX = 4 * PAGE_CANDLES;

/** Most candles that are kept; beyond them the side is dropped that is further from what is seen. */
export const LOADED_CANDLES_MAX = 200_000;

/** Unix times below this are too short to be told from a year: no market is older. */
export const FIRST_SECONDS = 100_000_000;

/** Of which times everything that is stored is loaded. */
export interface LoadedRange extends TimeRange {
  /** Nothing older is stored. */
  readonly isComplete: boolean;
  /** Nothing newer was stored when it was asked for. */
  readonly isNewest: boolean;
}

/**
 * What to ask for. Open times in unix seconds: `start` inclusive, `end` exclusive; null: from the
 * nearest candle there is.
 */
export type PageRequest =
  /** The newest candles there are; what was loaded is left. */
  | { readonly kind: "newest"; readonly limit: number }
  /** A range far from what was loaded, which is left. */
  | { readonly kind: "replace"; readonly start: number; readonly end: number }
  /** What lies directly before what is loaded. */
  | { readonly kind: "before"; readonly start: number | null; readonly end: number }
  /** What lies directly behind it. */
  | { readonly kind: "after"; readonly start: number; readonly end: number | null };

export interface Wanted {
  /** What is seen; null at the newest candle. */
  readonly range: TimeRange | null;
  /** How many candles are seen. */
  readonly count: number;
}

export interface PlanContext {
  /** On which side the page before was empty: there the nearest candle is asked for, however far it is. */
  readonly leaps: { readonly before: boolean; readonly after: boolean };
  readonly nowSeconds: number;
}

/**
 * The next page that is needed so that `wanted` and a screen on either side of it are loaded; null
 * where they are.
 */
export function planPage(
  held: LoadedRange | null,
  { range, count }: Wanted,
  timeframe: Timeframe,
  { leaps, nowSeconds }: PlanContext,
): PageRequest | null {
  const margin = count * timeframeSeconds(timeframe);
  const loaded = held === null ? null : untilNow(held, timeframe, nowSeconds);
  if (range === null) {
    if (loaded?.isNewest !== true) {
      return { kind: "newest", limit: firstLimit(count) };
    }
    const start = loaded.end - 2 * margin;
    return start < loaded.start && !loaded.isComplete
      ? pageBefore(loaded, timeframe, leaps.before)
      : null;
  }
  if (loaded === null || isFar(loaded, range, timeframe)) {
    return pageAround(range, count, timeframe, nowSeconds);
  }
  if (range.start < loaded.start && !loaded.isComplete) {
    return pageBefore(loaded, timeframe, leaps.before);
  }
  if (range.end > loaded.end && !loaded.isNewest) {
    return pageAfter(loaded, timeframe, leaps.after, nowSeconds);
  }
  if (range.start - margin < loaded.start && !loaded.isComplete) {
    return pageBefore(loaded, timeframe, leaps.before);
  }
  if (range.end + margin > loaded.end && !loaded.isNewest) {
    return pageAfter(loaded, timeframe, leaps.after, nowSeconds);
  }
  return null;
}

/**
 * What of `loaded` is kept where it holds more than `LOADED_CANDLES_MAX` of `timestamp`: places in
 * it, `to` exclusive. The far side of `range` goes; of the newest candle, the oldest.
 */
export function planKept(
  timestamp: readonly number[],
  range: TimeRange | null,
): { readonly from: number; readonly to: number } {
  const length = timestamp.length;
  const over = length - LOADED_CANDLES_MAX;
  if (over <= 0) {
    return { from: 0, to: length };
  }
  const middle = range === null ? Infinity : (range.start + range.end) / 2;
  const isNearBegin = middle < (timestamp[Math.floor(length / 2)] ?? 0);
  return isNearBegin ? { from: 0, to: length - over } : { from: over, to: length };
}

/** Nothing is known of what comes after now, though it was asked for by a clock that was ahead. */
function untilNow(held: LoadedRange, timeframe: Timeframe, nowSeconds: number): LoadedRange {
  const end = openTimeOf(nowSeconds, timeframe);
  return held.isNewest || held.end <= end ? held : { ...held, end: Math.max(held.start, end) };
}

function firstLimit(count: number): number {
  return Math.min(PAGE_CANDLES_MAX, Math.max(FIRST_CANDLES, 3 * count));
}

function isFar(loaded: LoadedRange, range: TimeRange, timeframe: Timeframe): boolean {
  const away = Math.max(loaded.start - range.end, range.start - loaded.end);
  return away > JOINED_CANDLES_MAX * timeframeSeconds(timeframe);
}

/** The range and a screen on either side, as far as a page holds it. */
function pageAround(
  range: TimeRange,
  count: number,
  timeframe: Timeframe,
  nowSeconds: number,
): PageRequest {
  const seen = countCandles(range.start, range.end, timeframe);
  const margin = Math.max(0, Math.min(firstLimit(count), PAGE_CANDLES_MAX - seen) / 2);
  const step = Math.floor(margin);
  const start = addCandles(openTimeOf(range.start, timeframe), timeframe, -step);
  const ends = [
    addCandles(openTimeOf(range.end, timeframe), timeframe, step + 1),
    addCandles(openTimeOf(start, timeframe), timeframe, PAGE_CANDLES_MAX),
    closeTimeOf(openTimeOf(nowSeconds, timeframe), timeframe),
  ];
  const begin = Math.max(FIRST_SECONDS, start);
  return { kind: "replace", start: begin, end: Math.max(begin + 1, Math.min(...ends)) };
}

/**
 * Pages begin and end at multiples of their length, so that all readers ask for the same ones and a
 * cache can answer.
 */
function pageBefore(loaded: LoadedRange, timeframe: Timeframe, isLeap: boolean): PageRequest {
  const { start: end } = loaded;
  if (isLeap) {
    return { kind: "before", start: null, end };
  }
  const shortest = addCandles(openTimeOf(end, timeframe), timeframe, -PAGE_CANDLES / 5);
  const start = pageStartOf(shortest, timeframe);
  return { kind: "before", start: start < FIRST_SECONDS ? null : start, end };
}

function pageAfter(
  loaded: LoadedRange,
  timeframe: Timeframe,
  isLeap: boolean,
  nowSeconds: number,
): PageRequest {
  const { end: start } = loaded;
  const shortest = addCandles(openTimeOf(start, timeframe), timeframe, PAGE_CANDLES / 5);
  const page = pageStartOf(shortest, timeframe);
  const end = addCandles(page, timeframe, PAGE_CANDLES);
  return { kind: "after", start, end: isLeap || end > nowSeconds ? null : end };
}

/** Open time at which the page that holds `seconds` begins. */
function pageStartOf(seconds: number, timeframe: Timeframe): number {
  const length = PAGE_CANDLES * timeframeSeconds(timeframe);
  return openTimeOf(Math.floor(seconds / length) * length, timeframe);
}
