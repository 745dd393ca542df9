import type { ServedCandle, ServedSeries } from "@candlehouse/shared/core/served-candle";
import type { Stores } from "./read-pages.ts";
import { servePages } from "./serve/serve-candles.ts";
import { PLAIN, type SeriesWanted, type ServeCost, type ServedPages } from "./serve/serve-query.ts";
import { sumCosts } from "./server-timing.ts";

/** Where the first window of a range lies, and so where the next one does. */
export type WindowOrder = "oldest" | "newest";

/** Which candles are looked at, all of one timeframe. Times are unix seconds. */
export interface WindowQuery {
  readonly wanted: readonly SeriesWanted[];
  /** First open time, inclusive. Without it and without `position`, the newest candles are meant. */
  readonly start: number | undefined;
  /** Exclusive. */
  readonly end: number | undefined;
  /** Most candles of one series in the window. */
  readonly limit: number;
  /** Of a range that is longer than a window, which end of it comes first. */
  readonly order: WindowOrder;
  /**
   * If the window follows another one: where it begins (inclusive), or of the order newest where it
   * ends (exclusive).
   */
  readonly position: number | undefined;
}

/** A series in a window. */
export interface WindowSeries extends ServedSeries {
  /** Oldest first; those around the window too. */
  readonly candles: readonly ServedCandle[];
}

/** A stretch of time in which every series has all of its candles, and so many around it. */
export interface CandleWindow {
  readonly series: readonly WindowSeries[];
  /** Inclusive, unix seconds. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** The position of the next window; undefined where none follows. */
  readonly next: number | undefined;
  /** How many candles lie in the window itself, over all series. */
  readonly count: number;
  readonly cost: ServeCost;
}

/** Before and after every candle there can be; unix seconds. */
const BEGINNING_OF_TIME = 0;
const END_OF_TIME = Number.MAX_SAFE_INTEGER;

/**
 * The window that `query` asks for, with up to `context` candles of each series before it and after
 * it: what is said of a candle then does not depend on where the window begins and ends. Candles
 * whose interval is not over are left out. Throws as `servePages` does.
 */
export async function readWindow(
  stores: Stores,
  query: WindowQuery,
  context: number,
  nowSeconds: number,
): Promise<CandleWindow> {
  const { wanted } = query;
  const read = (
    start: number | undefined,
    until: number | undefined,
    most: number,
  ): Promise<ServedPages> =>
    servePages(
      stores,
      { ...PLAIN, wanted, start, end: until, limit: most, incomplete: "drop" },
      nowSeconds,
    );
  const { within, from, to, next } = await readWithin(query, read);
  const [before, after] = await Promise.all([
    from > BEGINNING_OF_TIME ? read(undefined, from, context) : undefined,
    to < END_OF_TIME ? read(to, undefined, context) : undefined,
  ]);
  const parts = [before, within, after].flatMap((part) => part ?? []);
  return {
    series: within.pages.map(({ series, from: base }, index) => ({
      series,
      from: base,
      candles: [
        ...(before?.pages[index]?.candles ?? []),
        ...(within.pages[index]?.candles ?? []).filter(({ timestamp }) =>
          isIn(timestamp, from, to),
        ),
        ...(after?.pages[index]?.candles ?? []),
      ],
    })),
    from,
    to,
    next,
    count: within.pages
      .flatMap(({ candles }) => candles)
      .filter(({ timestamp }) => isIn(timestamp, from, to)).length,
    cost: sumCosts(parts.map(({ cost }) => cost)),
  };
}

type Bounds = Pick<CandleWindow, "from" | "to" | "next">;

/** The candles of the window itself, by `read`, and where it lies. */
async function readWithin(
  { start, end = END_OF_TIME, limit, order, position }: WindowQuery,
  read: (
    start: number | undefined,
    until: number | undefined,
    most: number,
  ) => Promise<ServedPages>,
): Promise<Bounds & { readonly within: ServedPages }> {
  const first = order === "oldest" ? (position ?? start) : undefined;
  if (first !== undefined) {
    const within = await read(first, end === END_OF_TIME ? undefined : end, limit);
    return { within, ...boundsFrom(within, first, end) };
  }
  const to = position ?? end;
  const within = await read(undefined, to === END_OF_TIME ? undefined : to, limit);
  const bounds = boundsUntil(within, start ?? BEGINNING_OF_TIME, to, limit);
  // Who names neither a start nor an order means the newest candles, and not all there are.
  return { within, ...bounds, ...(order === "oldest" ? { next: undefined } : {}) };
}

/** The stretch of time from `start` on of which `within` holds every candle of every series. */
function boundsFrom({ pages }: ServedPages, start: number, end: number): Bounds {
  const lasts = pages.flatMap(({ candles, more }) =>
    more ? (candles.at(-1)?.timestamp ?? []) : [],
  );
  const to = Math.min(end, ...lasts.map((timestamp) => timestamp + 1));
  return { from: start, to, next: lasts.length === 0 ? undefined : to };
}

/** The stretch of time before `to` of which `within` holds the newest candles of every series. */
function boundsUntil({ pages }: ServedPages, start: number, to: number, limit: number): Bounds {
  // A full page may lack older candles; one that is not full has all there are.
  const firsts = pages.flatMap(({ candles }) =>
    candles.length < limit ? [] : (candles[0]?.timestamp ?? []),
  );
  const from = Math.max(start, ...firsts);
  return { from, to, next: from > start ? from : undefined };
}

function isIn(timestamp: number, from: number, to: number): boolean {
  return timestamp >= from && timestamp < to;
}
