import { baseTimeframes, clipRange, type StoredExtent } from "@candlehouse/shared/core/base-plan";
import type { TimeRange } from "@candlehouse/shared/core/cold-plan";
import { BEGINNING_OF_TIME, END_OF_TIME } from "@candlehouse/shared/core/query-plan";
import type { RevisionMode } from "@candlehouse/shared/core/served-candle";
import type { Series } from "@candlehouse/shared/core/series";
import { closeTimeOf, openTimeOf, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { readExtents } from "@candlehouse/shared/d1/read-extents";
import type { MeteredStores } from "./meter.ts";
import type { SeriesWanted, ServeQuery } from "./serve-query.ts";

/** A stored timeframe that candles may be made of. */
export interface StoredBase {
  readonly timeframe: Timeframe;
  /** What lies outside is not held, or not meant: bounds of open times. */
  readonly held: TimeRange;
}

/** How the candles of one series are made. */
export interface SeriesPlan {
  /** Of the answer. */
  readonly series: Series;
  /** The stored timeframes that they may be made of, at least one, the coarsest first. */
  readonly bases: readonly [StoredBase, ...StoredBase[]];
  /** When it is, for telling which candles are closed; unix seconds. */
  readonly atSeconds: number;
  /** Whether candles that are not closed are left out. */
  readonly dropsOpen: boolean;
  /** Newest values that were seen by then, unix milliseconds; undefined for the first ones. */
  readonly revisedUntilMs: number | undefined;
}

/** How each of the series that `query` asks for is made, at `nowSeconds`. Throws as D1 does. */
export async function planServing(
  stores: MeteredStores,
  query: ServeQuery,
  nowSeconds: number,
): Promise<readonly SeriesPlan[]> {
  const { wanted, asOf, revisions, incomplete } = query;
  const found = await lookUp(stores, wanted);
  return wanted.map(({ source, symbol, timeframe }, index): SeriesPlan => {
    // What is known of the timeframe alone: where it is not looked up, or nothing is stored.
    const own = { timeframe, held: knownBy(asOf, timeframe) };
    const [first = own, ...others] = (found[index] ?? []).flatMap((extent) =>
      basesOf(extent, asOf),
    );
    return {
      series: { source, symbol, timeframe },
      bases: [first, ...others],
      atSeconds: Math.min(asOf ?? nowSeconds, nowSeconds),
      dropsOpen: incomplete === "drop",
      revisedUntilMs: revisedUntil(revisions, asOf),
    };
  });
}

/** Open times of the candles of `timeframe` that had closed at `asOf`; of all where it is not given. */
function knownBy(asOf: number | undefined, timeframe: Timeframe): TimeRange {
  const to = asOf === undefined ? END_OF_TIME : openTimeOf(asOf, timeframe);
  return { from: BEGINNING_OF_TIME, to };
}

function basesOf({ timeframe, first, last }: StoredExtent, asOf: number | undefined): StoredBase[] {
  if (first === undefined || last === undefined) {
    return [];
  }
  const held = clipRange({ from: first, to: last + 1 }, knownBy(asOf, timeframe));
  return held.from < held.to ? [{ timeframe, held }] : [];
}

/** What was known at a time holds the revisions that were seen by then. */
function revisedUntil(revisions: RevisionMode, asOf: number | undefined): number | undefined {
  if (asOf !== undefined) {
    return asOf * 1_000;
  }
  return revisions === "first" ? undefined : END_OF_TIME;
}

/**
 * What is stored of each of `wanted` in each timeframe that its candles can be made of; nothing of
 * those that can be made of one alone, which are not looked up.
 */
async function lookUp(
  stores: MeteredStores,
  wanted: readonly SeriesWanted[],
): Promise<readonly (readonly StoredExtent[])[]> {
  const range = { from: BEGINNING_OF_TIME, to: END_OF_TIME };
  const lookups = wanted.flatMap(({ source, symbol, timeframe, finest }, index) => {
    const bases = baseTimeframes(timeframe, finest);
    return bases.length < 2
      ? []
      : bases.map((base) => ({ index, series: { source, symbol, timeframe: base }, range }));
  });
  const found = wanted.map((): StoredExtent[] => []);
  if (lookups.length > 0) {
    stores.meter.assertQueries(1);
    const { extents, ...cost } = await readExtents(stores.DB, lookups);
    stores.meter.addQueries(1, cost);
    for (const [place, extent] of extents.entries()) {
      found[lookups[place]?.index ?? 0]?.push(extent);
    }
  }
  return found;
}

/** Whether the interval of the candle at `timestamp` is over. */
export function isClosed(
  { timestamp }: { readonly timestamp: number },
  { series: { timeframe }, atSeconds }: SeriesPlan,
): boolean {
  return closeTimeOf(openTimeOf(timestamp, timeframe), timeframe) <= atSeconds;
}
