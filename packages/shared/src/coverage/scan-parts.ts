import { StorageUnavailableError } from "../core/errors.ts";
import type { Gap } from "../core/gap.ts";
import { joinRuns, type Run } from "../core/missing.ts";
import { cutBefore, passesOf } from "../core/scan-ranges.ts";
import { formatSeries, type Series } from "../core/series.ts";
import { readGaps, widenToRecords } from "../d1/gaps.ts";
import { findMissing, type CandleStores } from "./find-missing.ts";

/** The stretches as they hold each record in whole, ascending and apart. */
export async function widen(
  db: D1Database,
  series: Series,
  stretches: readonly Run[],
): Promise<Run[]> {
  const wide: Run[] = [];
  for (const stretch of stretches) {
    wide.push(await widenToRecords(db, series, stretch));
  }
  return joinRuns(
    wide.toSorted((a, b) => a.start - b.start),
    0,
    series.timeframe,
  );
}

/** A range, all that is missing of a series in it, and all records that overlap it. */
export interface Missing {
  readonly range: Run;
  readonly runs: readonly Run[];
  readonly records: readonly Gap[];
}

/**
 * What is missing in `stretch`, in parts: no run and no record of several runs is in two of them.
 * Throws ArchiveDamagedError, StorageUnavailableError: that too where another scan wrote a record
 * meanwhile that reaches beyond the stretch.
 */
export async function* missingIn(
  stores: CandleStores,
  series: Series,
  stretch: Run,
): AsyncGenerator<Missing> {
  let start = stretch.start;
  let runs: readonly Run[] = [];
  for (const pass of passesOf(stretch, series.timeframe)) {
    const found = await findMissing(stores, series, { from: pass.start, to: pass.end });
    runs = joinRuns([...runs, ...found], 0, series.timeframe);
    const records = await readGaps(stores.db, series, { start, end: pass.end });
    const several = records.filter(({ state, runs: many }) => state !== "filled" && many > 1);
    if (several.some((gap) => gap.start < start || gap.end > stretch.end)) {
      throw new StorageUnavailableError(
        `another scan of ${formatSeries(series)} is at work on the same days: scan it again`,
      );
    }
    const end = pass.end < stretch.end ? cutBefore(pass.end, runs, several) : pass.end;
    if (end > start) {
      const range = { start, end };
      yield {
        range,
        runs: runs.filter((run) => run.start < end),
        records: records.filter((gap) => gap.start < end),
      };
      runs = runs.filter((run) => run.start >= end);
      start = end;
    }
  }
}
