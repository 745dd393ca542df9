import type { Candle } from "./candle.ts";
import type { SeriesRead } from "./query-plan.ts";
import { countCandles, type Timeframe } from "./timeframe.ts";

/** Most files that one look at the manifest lists: a year of months. */
export const WINDOW_FILES_MAX = 12;

/** Most files of a series that are read at once; each costs some 120 kB while it is. */
const FILES_AT_ONCE_MAX = 6;

/** From (inclusive) to (exclusive), unix seconds. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** A current file of the archive, as far as reading candles takes it. */
export interface ColdFile {
  /** Of the object on R2. */
  readonly key: string;
  readonly rows: number;
  /** Open time of the first candle, unix seconds. */
  readonly first: number;
  /** Open time of the last candle, unix seconds. */
  readonly last: number;
  readonly bytes: number;
  readonly footerLength: number;
  readonly footerHash: string;
}

/** What a read found at one moment: hot candles, and the files that hold the cold ones. */
export interface Window {
  /** Oldest first, whatever the order of the read. */
  readonly hot: readonly Candle[];
  /** In the order of the read. A partition has one current file, so no two overlap. */
  readonly files: readonly ColdFile[];
}

/** A row group of a file, as its footer has it. Times are unix seconds. */
export interface GroupBounds {
  readonly rows: number;
  readonly first: number;
  readonly last: number;
}

/** Row groups `from` (inclusive) to `to` (exclusive) of one file. */
export interface GroupsWanted {
  /** Position of the file among those that the plan is made of. */
  readonly file: number;
  readonly from: number;
  readonly to: number;
}

/** How candles are looked for in files. */
export interface ColdScan {
  readonly order: SeriesRead["order"];
  readonly timeframe: Timeframe;
  /** What is left to be looked through. */
  readonly range: TimeRange;
  /** Most candles that are wanted, hot and cold together. */
  readonly rows: number;
}

/**
 * The part of the range of `read` of which `window` tells everything: where the hot candles or the
 * list of files were cut, it ends with the last one.
 */
export function coverageOf(read: SeriesRead, { hot, files }: Window): TimeRange {
  const lastFile = files.length < WINDOW_FILES_MAX ? undefined : files.at(-1);
  const cut = hot.length >= read.rows;
  if (read.order === "oldest first") {
    const lastHot = cut ? hot.at(-1)?.timestamp : undefined;
    const ends = [lastHot, lastFile?.last].flatMap((time) => (time === undefined ? [] : time + 1));
    return { from: read.from, to: Math.min(read.to, ...ends) };
  }
  const firstHot = cut ? hot[0]?.timestamp : undefined;
  const starts = [firstHot, lastFile?.first].flatMap((time) => time ?? []);
  return { from: Math.max(read.from, ...starts), to: read.to };
}

/**
 * The read that goes on where `coverage` ends, for as many candles as are still wanted after
 * `found`; undefined where none are, or the range is over.
 */
export function readBeyond(
  read: SeriesRead,
  coverage: TimeRange,
  found: number,
): SeriesRead | undefined {
  const rows = read.rows - found;
  const range =
    read.order === "oldest first"
      ? { from: coverage.to, to: read.to }
      : { from: read.from, to: coverage.from };
  return rows <= 0 || range.from >= range.to ? undefined : { ...read, ...range, rows };
}

/** Files to be read now, and how many candles are wanted of them. */
export interface FilesWanted {
  readonly files: readonly ColdFile[];
  /** Candles wanted from the near end of the first file on; at least one. */
  readonly rows: number;
}

/**
 * Those of `files` that must be read to fill the page, because what lies before them cannot; they
 * may be read at once. No file where the page is full or the range is over.
 *
 * `merged` are the candles known so far, hot ones and cold ones, and `hot` the hot ones alone; both
 * are oldest first.
 */
export function planFiles(
  scan: ColdScan,
  files: readonly ColdFile[],
  merged: readonly Candle[],
  hot: readonly Candle[],
): FilesWanted {
  const left = files.filter((file) => overlaps(file, scan.range));
  const [next] = left;
  const settled = next === undefined ? scan.rows : countBefore(merged, next, scan);
  const hotBefore = next === undefined ? 0 : countBefore(hot, next, scan);
  const wanted: ColdFile[] = [];
  let coldMost = 0;
  for (const file of left.slice(0, FILES_AT_ONCE_MAX)) {
    // As many candles as can lie before this file; fewer where some are both hot and cold.
    const most = settled + coldMost + countBefore(hot, file, scan) - hotBefore;
    if (most >= scan.rows) {
      break;
    }
    wanted.push(file);
    coldMost += file.rows;
  }
  return { files: wanted, rows: scan.rows - settled };
}

/** Row groups to be read, and the range that is left after them. */
export interface GroupPlan {
  readonly parts: readonly GroupsWanted[];
  readonly rest: TimeRange;
}

/**
 * Which row groups of `files` to read for `rows` candles: as many as surely hold them, one stretch
 * a file. Where candles lie off the grid of their timeframe, they may hold fewer: then the rest is
 * to be planned again.
 */
export function planGroups(
  scan: ColdScan,
  files: readonly (readonly GroupBounds[])[],
  rows: number,
): GroupPlan {
  const parts: GroupsWanted[] = [];
  let { range } = scan;
  let surely = 0;
  for (const [file, groups] of files.entries()) {
    let part: GroupsWanted | undefined;
    const indexes = [...groups.keys()];
    for (const index of scan.order === "oldest first" ? indexes : indexes.toReversed()) {
      const group = groups[index];
      if (group === undefined || !overlaps(group, scan.range) || surely >= rows) {
        continue;
      }
      part = {
        file,
        from: Math.min(index, part?.from ?? index),
        to: Math.max(index + 1, part?.to ?? 0),
      };
      surely += leastRows(group, scan);
      range = beyond(group, range, scan.order);
    }
    if (part !== undefined) {
      parts.push(part);
    }
    const far = groups.at(scan.order === "oldest first" ? -1 : 0);
    if (surely < rows && far !== undefined) {
      range = beyond(far, range, scan.order);
    }
  }
  return { parts, rest: range };
}

/** Whether a stretch of candles, both ends inclusive, has an open time in `range`. */
export function overlaps(
  { first, last }: Pick<GroupBounds, "first" | "last">,
  { from, to }: TimeRange,
): boolean {
  return first < to && last >= from;
}

function beyond(group: GroupBounds, range: TimeRange, order: SeriesRead["order"]): TimeRange {
  return order === "oldest first"
    ? { from: Math.max(range.from, group.last + 1), to: range.to }
    : { from: range.from, to: Math.min(range.to, group.first) };
}

/** How many of `candles` come before the near end of `file`, in the order of the scan. */
function countBefore(
  candles: readonly Candle[],
  file: Pick<ColdFile, "first" | "last">,
  { order, range }: ColdScan,
): number {
  if (order === "oldest first") {
    const edge = Math.max(file.first, range.from);
    return candles.filter(({ timestamp }) => timestamp < edge).length;
  }
  const edge = Math.min(file.last + 1, range.to);
  return candles.filter(({ timestamp }) => timestamp >= edge).length;
}

/** Candles of `group` that surely open in the range: all but as many as fit outside of it. */
function leastRows({ rows, first, last }: GroupBounds, { range, timeframe }: ColdScan): number {
  const before = countCandles(first, Math.max(first, range.from), timeframe);
  const after = countCandles(Math.min(last + 1, range.to), last + 1, timeframe);
  return Math.max(0, rows - before - after);
}
