import type { TimeRange } from "../core/cold-plan.ts";
import { candlesOfDay, dayOf, dayStart, findRuns, type Run } from "../core/missing.ts";
import type { Series } from "../core/series.ts";
import type { Timeframe } from "../core/timeframe.ts";
import { readHeldWindow, type HeldFile, type HeldWindow } from "../d1/held-window.ts";
import { readColumns } from "../r2/read-columns.ts";
import { readFooter } from "../r2/read-candle-file.ts";

/** Where candles are held. */
export interface CandleStores {
  readonly db: D1Database;
  readonly bucket: R2Bucket;
}

/**
 * The open times of `series` in `range` that neither hot rows nor current files hold, oldest first.
 * The manifest says how many candles a file has each day: only days that are not full are looked
 * into, and days without any are not. Throws ArchiveDamagedError, StorageUnavailableError.
 */
export async function findMissing(
  stores: CandleStores,
  series: Series,
  range: TimeRange,
): Promise<Run[]> {
  const runs: Run[] = [];
  for await (const window of heldWindows(stores.db, series, range)) {
    const open = notFullRanges(window, series.timeframe);
    const held = await heldTimes(stores.bucket, window, open);
    for (const part of open) {
      appendRuns(runs, findRuns(held, part, series.timeframe));
    }
  }
  return runs;
}

/**
 * The open times that hot rows or current files of `series` hold in `range`, ascending, each once.
 * Throws as `findMissing` does.
 */
export function readHeldTimes(
  stores: CandleStores,
  series: Series,
  range: TimeRange,
): Promise<Float64Array> {
  return readHeldTimesIn(stores, series, [range]);
}

/** The same for several ranges (ascending, apart), in as few reads as for one that covers them. */
export async function readHeldTimesIn(
  stores: CandleStores,
  series: Series,
  ranges: readonly TimeRange[],
): Promise<Float64Array> {
  const parts: Float64Array[] = [];
  const [from, to] = [ranges[0]?.from ?? 0, ranges.at(-1)?.to ?? 0];
  for await (const window of heldWindows(stores.db, series, { from, to })) {
    const wanted = ranges
      .map((range) => ({
        from: Math.max(range.from, window.range.from),
        to: Math.min(range.to, window.range.to),
      }))
      .filter((range) => range.from < range.to);
    parts.push(await heldTimes(stores.bucket, window, wanted));
  }
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let place = 0;
  for (const part of parts) {
    all.set(part, place);
    place += part.length;
  }
  return all;
}

/** The range in windows, each of one moment, oldest first. */
async function* heldWindows(
  db: D1Database,
  series: Series,
  range: TimeRange,
): AsyncGenerator<HeldWindow> {
  for (let { from } = range; from < range.to;) {
    const window = await readHeldWindow(db, series, { from, to: range.to });
    yield window;
    from = window.range.to;
  }
}

/** Joins a run that goes on where the last one ended: a window may end within one. */
function appendRuns(runs: Run[], more: readonly Run[]): void {
  for (const run of more) {
    const last = runs.at(-1);
    if (last?.end === run.start) {
      runs[runs.length - 1] = { start: last.start, end: run.end };
    } else {
      runs.push(run);
    }
  }
}

/** The days of the window that no file holds in full, joined where they follow each other. */
function notFullRanges({ range, files }: HeldWindow, timeframe: Timeframe): TimeRange[] {
  const ranges: { from: number; to: number }[] = [];
  for (let day = dayOf(range.from); dayStart(day) < range.to; day += 1) {
    const expected = candlesOfDay(day, timeframe);
    if (expected === 0 || files.some((file) => countOf(file, day) === expected)) {
      continue;
    }
    const from = Math.max(range.from, dayStart(day));
    const to = Math.min(range.to, dayStart(day + 1));
    const last = ranges.at(-1);
    if (last?.to === from) {
      last.to = to;
    } else {
      ranges.push({ from, to });
    }
  }
  return ranges;
}

function countOf({ firstDay, dayCounts }: HeldFile, day: number): number {
  return dayCounts[day - firstDay] ?? 0;
}

/** Held open times of `ranges` (ascending), ascending, each once. */
async function heldTimes(
  bucket: R2Bucket,
  { hot, files }: HeldWindow,
  ranges: readonly TimeRange[],
): Promise<Float64Array> {
  const times = timesIn(hot, ranges);
  for (const file of files) {
    const wanted = ranges.filter(({ from, to }) => hasCandles(file, from, to));
    if (wanted.length > 0) {
      for (const time of await coldTimes(bucket, file, wanted)) {
        times.push(time);
      }
    }
  }
  const sorted = Float64Array.from(times).toSorted();
  return sorted.filter((time, index) => index === 0 || time !== sorted[index - 1]);
}

/** Whether `file` has a candle on one of the days from `from` (inclusive) to `to` (exclusive). */
function hasCandles(file: HeldFile, from: number, to: number): boolean {
  for (let day = dayOf(from); dayStart(day) < to; day += 1) {
    if (countOf(file, day) > 0) {
      return true;
    }
  }
  return false;
}

/** The open times of `file` in `ranges`: one read of R2 a stretch of row groups, and the footer. */
async function coldTimes(
  bucket: R2Bucket,
  reference: HeldFile,
  ranges: readonly TimeRange[],
): Promise<number[]> {
  const file = await readFooter(bucket, reference);
  const spans: { from: number; to: number }[] = [];
  for (const [index, { first, last }] of file.groups.entries()) {
    if (ranges.some(({ from, to }) => first < to && last >= from)) {
      const before = spans.at(-1);
      if (before?.to === index) {
        before.to = index + 1;
      } else {
        spans.push({ from: index, to: index + 1 });
      }
    }
  }
  const columns = await readColumns(
    bucket,
    spans.map((span) => ({ reference, file, ...span })),
    ["timestamp"],
  );
  return timesIn(columns.get("timestamp") ?? [], ranges);
}

/** Those of `times` that lie in `ranges`; both are ascending. */
function timesIn(times: ArrayLike<number>, ranges: readonly TimeRange[]): number[] {
  const within: number[] = [];
  let place = 0;
  for (let index = 0; index < times.length; index += 1) {
    const time = times[index] ?? 0;
    while (time >= (ranges[place]?.to ?? Infinity)) {
      place += 1;
    }
    if (time >= (ranges[place]?.from ?? Infinity)) {
      within.push(time);
    }
  }
  return within;
}
