import type { Series } from "./series.ts";
import { TIMEFRAMES, type Timeframe } from "./timeframe.ts";

/** How many candles there should be, are, and are missing for a reason that is known. */
export interface Completeness {
  readonly expected: number;
  readonly held: number;
  /** Missing candles whose class says that they will not come. */
  readonly explained: number;
  readonly missing: number;
  /** Held of those that can be held at all, 0 to 1; null where none can. */
  readonly ratio: number | null;
}

/** The completeness of one series from `start` (inclusive) to `end` (exclusive), unix seconds. */
export interface SeriesCompleteness extends Completeness {
  readonly series: Series;
  readonly tier: number | null;
  readonly start: number;
  readonly end: number;
}

/** The completeness of all series of one timeframe. */
export interface TimeframeCompleteness extends Completeness {
  readonly timeframe: Timeframe;
  readonly series: number;
}

/** Never above what is expected: candles off the grid of their timeframe are extra ones. */
export function completenessOf(counts: {
  readonly expected: number;
  readonly held: number;
  readonly explained: number;
}): Completeness {
  const { expected } = counts;
  const held = Math.min(counts.held, expected);
  const missing = expected - held;
  const explained = Math.min(counts.explained, missing);
  const possible = expected - explained;
  return {
    expected,
    held,
    explained,
    missing,
    ratio: possible === 0 ? null : held / possible,
  };
}

/** The sum of `parts`. */
export function addCompleteness(parts: readonly Completeness[]): Completeness {
  const sum = (member: "expected" | "held" | "explained"): number =>
    parts.reduce((total, part) => total + part[member], 0);
  return completenessOf({
    expected: sum("expected"),
    held: sum("held"),
    explained: sum("explained"),
  });
}

/** The sums of `list` by timeframe, from the shortest on. */
export function byTimeframe(list: readonly SeriesCompleteness[]): TimeframeCompleteness[] {
  return TIMEFRAMES.flatMap((timeframe) => {
    const parts = list.filter(({ series }) => series.timeframe === timeframe);
    return parts.length === 0
      ? []
      : [{ timeframe, series: parts.length, ...addCompleteness(parts) }];
  });
}
