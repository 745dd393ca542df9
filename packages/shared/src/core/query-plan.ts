import type { Candle } from "./candle.ts";
import { InvalidInputError } from "./errors.ts";
import type { Series } from "./series.ts";
import { closeTimeOf, countCandles, isAligned, openTimeOf } from "./timeframe.ts";

/** Most series in one request. */
export const QUERY_SERIES_MAX = 20;

/** Most candles of one series in one page, and how many it holds where the caller does not say. */
export const PAGE_CANDLES_MAX = 10_000;
export const PAGE_CANDLES_DEFAULT = 1_000;

/** Most candles in one answer, over all its series: about 6 MB of JSON. */
export const ANSWER_CANDLES_MAX = 50_000;

/** Before and after every candle there can be; unix seconds. */
export const BEGINNING_OF_TIME = 0;
export const END_OF_TIME = Number.MAX_SAFE_INTEGER;

/** Which candles a caller asks for. All times are unix seconds. */
export interface CandleQuery {
  /** No series twice; the answer has them in this order. */
  readonly series: readonly Series[];
  /** Inclusive. Without it, the newest candles are meant. */
  readonly start: number | undefined;
  /** Exclusive. */
  readonly end: number | undefined;
  /** Most candles of one series in one page. */
  readonly limit: number;
  /**
   * Where each of `series` goes on, inclusive, if an earlier page was answered. Positions are
   * times and no row numbers, so that pages stay right while candles arrive.
   */
  readonly positions: readonly number[] | undefined;
}

/** One range of a series to be read, hot and cold. */
export interface SeriesRead {
  readonly series: Series;
  /** Inclusive, unix seconds. */
  readonly from: number;
  /** Exclusive, unix seconds. */
  readonly to: number;
  readonly order: "oldest first" | "newest first";
  /** Most candles in the page. */
  readonly limit: number;
  /** Most rows to read: one more than the limit where that tells whether another page follows. */
  readonly rows: number;
}

/** What one series gives to a page, oldest candle first. */
export interface CandlePage {
  readonly candles: readonly Candle[];
  /** Whether the range holds later candles than these. */
  readonly more: boolean;
}

/** What is asked of a page, whatever its candles are. */
export interface PageTimes {
  readonly candles: readonly Pick<Candle, "timestamp">[];
  readonly more: boolean;
}

/**
 * The reads that answer `query`, in the order of its series.
 * Throws InvalidInputError where `start` is not before `end`, and where the answer could hold more
 * than ANSWER_CANDLES_MAX candles.
 */
export function planCandleQuery(query: CandleQuery): SeriesRead[] {
  const { series, start, end, limit, positions } = query;
  if (start !== undefined && end !== undefined && start >= end) {
    throw new InvalidInputError("start", start, `it must be before end, which is ${end}`);
  }
  if (limit * series.length > ANSWER_CANDLES_MAX) {
    throw new InvalidInputError(
      "limit",
      limit,
      `an answer holds up to ${ANSWER_CANDLES_MAX} candles, so for ${series.length} series the limit may be up to ${pageLimitOf(series.length)}`,
    );
  }
  const newest = start === undefined && positions === undefined;
  return series.map((one, index) => ({
    series: one,
    from: positions?.[index] ?? start ?? BEGINNING_OF_TIME,
    to: end ?? END_OF_TIME,
    order: newest ? "newest first" : "oldest first",
    limit,
    rows: newest ? limit : limit + 1,
  }));
}

/** Most candles of each of `series` series, at least one, in one page. */
export function pageLimitOf(series: number): number {
  return Math.min(PAGE_CANDLES_MAX, Math.floor(ANSWER_CANDLES_MAX / series));
}

/**
 * The page that `candles` make, which are the first ones of the range in the order of `read`, but
 * stand oldest first. Candles beyond the page are left out.
 */
export function pageOf(read: SeriesRead, candles: readonly Candle[]): CandlePage {
  if (read.order === "newest first") {
    return { candles: candles.slice(-read.limit), more: false };
  }
  const more = candles.length > read.limit;
  return { candles: more ? candles.slice(0, read.limit) : candles, more };
}

/**
 * Where each series goes on after `pages`, inclusive; undefined where no page follows. A series
 * that has no more candles now goes on too: what arrives in time is in a later page.
 */
export function nextPositions(
  reads: readonly SeriesRead[],
  pages: readonly PageTimes[],
): number[] | undefined {
  if (!pages.some((page) => page.more)) {
    return undefined;
  }
  return reads.map((read, index) => {
    const last = pages[index]?.candles.at(-1);
    return last === undefined ? read.from : last.timestamp + 1;
  });
}

/**
 * Whether `pages` are all that `query` can ever find: its range is over at `nowSeconds`, and every
 * candle that opens in it is here. As stored candles never change, such an answer never does.
 */
export function isFinal(
  query: CandleQuery,
  pages: readonly PageTimes[],
  nowSeconds: number,
): boolean {
  const { series, start, end, positions } = query;
  if (start === undefined || end === undefined || positions !== undefined) {
    return false;
  }
  return series.every(({ timeframe }, index) => {
    const candles = pages[index]?.candles ?? [];
    return (
      candles.length === countCandles(start, end, timeframe) &&
      closeTimeOf(openTimeOf(end - 1, timeframe), timeframe) <= nowSeconds &&
      // A row between the open times would stand for one that is missing.
      candles.every(({ timestamp }) => isAligned(timestamp, timeframe))
    );
  });
}
