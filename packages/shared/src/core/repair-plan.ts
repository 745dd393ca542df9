import type { Gap } from "./gap.ts";
import { joinRuns, type Run } from "./missing.ts";
import { formatSeries, type Series } from "./series.ts";

/** Gaps of a series with fewer candles between them are asked for together: a page of most sources. */
const JOINED_CANDLES = 1_000;

/** A series' gaps that make more ranges than this are asked for as one: a backfill skips what is held. */
const RANGES_MAX = 10;

/** A range of a series that is asked for again. */
export interface Repair extends Run {
  readonly series: Series;
  /** The gaps that it is for. */
  readonly gaps: readonly Gap[];
}

/**
 * The backfills that ask for all of `gaps` again, near ones together: first those for the gap that
 * was tried least and was left alone longest. Pure.
 */
export function planRepair(gaps: readonly Gap[]): Repair[] {
  const groups = Map.groupBy(gaps, ({ series }) => formatSeries(series));
  const repairs = [...groups.values()].flatMap((some) => {
    const [first] = some;
    return first === undefined ? [] : repairsOf(first.series, some);
  });
  return repairs
    .map((repair) => ({ repair, ...urgencyOf(repair) }))
    .toSorted((a, b) => a.attempts - b.attempts || a.updatedAt - b.updatedAt)
    .map(({ repair }) => repair);
}

function repairsOf(series: Series, gaps: readonly Gap[]): Repair[] {
  const sorted = gaps.toSorted((a, b) => a.start - b.start);
  const joined = joinRuns(
    sorted.map(({ start, end }) => ({ start, end })),
    JOINED_CANDLES,
    series.timeframe,
  );
  const ranges = joined.length <= RANGES_MAX ? joined : [covering(joined)];
  return ranges.map(({ start, end }) => ({
    series,
    start,
    end,
    gaps: sorted.filter((gap) => gap.start >= start && gap.start < end),
  }));
}

/** How often, and when last, the gap of `repair` was tried that waits most. */
function urgencyOf({ gaps }: Repair): Pick<Gap, "attempts" | "updatedAt"> {
  const attempts = gaps.reduce((least, gap) => Math.min(least, gap.attempts), Infinity);
  const waiting = gaps.filter((gap) => gap.attempts === attempts);
  return {
    attempts,
    updatedAt: waiting.reduce((oldest, gap) => Math.min(oldest, gap.updatedAt), Infinity),
  };
}

function covering(runs: readonly Run[]): Run {
  return {
    start: runs[0]?.start ?? 0,
    end: runs.reduce((end, run) => Math.max(end, run.end), 0),
  };
}
