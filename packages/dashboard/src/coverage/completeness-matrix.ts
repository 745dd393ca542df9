import type { Completeness } from "@candlehouse/client";
import {
  addCompleteness,
  type Completeness as Counts,
} from "@candlehouse/shared/core/completeness";
import { parseSeries } from "@candlehouse/shared/core/series";
import { SOURCES, type SourceId } from "@candlehouse/shared/core/source";
import { TIMEFRAMES, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { TIER_NAMES, type TierName } from "./coverage-place.ts";

export type SeriesCompleteness = Completeness["series"][number];

/** Counts of one cell, and of how many series they are. */
export interface Cell extends Counts {
  readonly series: number;
  /** Missing for no reason that is known. */
  readonly unexplained: number;
}

/** A market of one source: what is held of it in each timeframe. */
export interface MarketRow {
  readonly source: SourceId;
  readonly symbol: string;
  readonly tier: number | null;
  readonly cells: ReadonlyMap<Timeframe, Cell>;
  readonly unexplained: number;
}

export interface TierRow {
  readonly tier: TierName;
  readonly cells: ReadonlyMap<Timeframe, Cell>;
}

/** The timeframes that any of `list` has, from the shortest on. */
export function timeframesOf(list: readonly SeriesCompleteness[]): Timeframe[] {
  const found = new Set(list.map(({ series }) => parseSeries(series)?.timeframe));
  return TIMEFRAMES.filter((timeframe) => found.has(timeframe));
}

export function sourcesOf(list: readonly SeriesCompleteness[]): SourceId[] {
  const found = new Set(list.map(({ series }) => parseSeries(series)?.source));
  return SOURCES.filter((source) => found.has(source));
}

/** Those of `list` that have just these members; null: any. */
export function choose(
  list: readonly SeriesCompleteness[],
  wanted: {
    readonly source: SourceId | null;
    readonly tier: TierName | null;
    readonly timeframe: Timeframe | null;
  },
): SeriesCompleteness[] {
  return list.filter(({ series, tier }) => {
    const parsed = parseSeries(series);
    return (
      (wanted.source === null || parsed?.source === wanted.source) &&
      (wanted.tier === null || String(tier) === wanted.tier) &&
      (wanted.timeframe === null || parsed?.timeframe === wanted.timeframe)
    );
  });
}

/** By source and symbol; those that lack most without a reason first. */
export function marketRows(list: readonly SeriesCompleteness[]): MarketRow[] {
  const groups = Map.groupBy(list, ({ series }) => series.slice(0, series.lastIndexOf(":")));
  return [...groups.values()]
    .flatMap((members): MarketRow[] => {
      const series = parseSeries(members[0]?.series ?? "");
      if (series === undefined) {
        return [];
      }
      const cells = cellsOf(members);
      const unexplained = [...cells.values()].reduce((sum, cell) => sum + cell.unexplained, 0);
      const { source, symbol } = series;
      return [{ source, symbol, tier: members[0]?.tier ?? null, cells, unexplained }];
    })
    .toSorted((a, b) => b.unexplained - a.unexplained);
}

export function tierRows(list: readonly SeriesCompleteness[]): TierRow[] {
  return TIER_NAMES.map((tier) => ({
    tier,
    cells: cellsOf(list.filter((one) => String(one.tier) === tier)),
  })).filter(({ cells }) => cells.size > 0);
}

/** The sum of `list`. */
export function cellOf(list: readonly SeriesCompleteness[]): Cell {
  const sum = addCompleteness(list);
  return { ...sum, series: list.length, unexplained: sum.missing - sum.explained };
}

function cellsOf(list: readonly SeriesCompleteness[]): ReadonlyMap<Timeframe, Cell> {
  return new Map(
    timeframesOf(list).map((timeframe) => [
      timeframe,
      cellOf(choose(list, { source: null, tier: null, timeframe })),
    ]),
  );
}
