import type { Candle } from "../core/candle.ts";
import { WINDOW_FILES_MAX, type ColdFile, type TimeRange, type Window } from "../core/cold-plan.ts";
import { partitionOf } from "../core/partition.ts";
import type { SeriesRead } from "../core/query-plan.ts";
import type { Series } from "../core/series.ts";
import type { Timeframe } from "../core/timeframe.ts";
import { askOwners } from "./ask-databases.ts";
import { storageErrorOf } from "./d1-error.ts";
import { ownerOf } from "./databases.ts";
import { newestRevisions } from "./read-revisions.ts";
import type { Found } from "./read-series.ts";

/** What reads of D1 cost. */
export interface D1Cost {
  /** Rows that D1 bills. */
  readonly rowsRead: number;
  /** Milliseconds that D1 worked. */
  readonly durationMs: number;
}

/** What reads found, and what they cost. */
export interface WindowsFound extends D1Cost {
  /** One a read, in the order of the reads. */
  readonly windows: readonly Window[];
}

/** The candles from an open time on, by primary key (source, symbol, timeframe, timestamp). */
const SELECT_FROM = `
SELECT timestamp, open, high, low, close, volume_from, volume_to, trades
FROM price_data
WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3 AND timestamp >= ?4`;

/** A range of the key, from one end or the other. */
const SELECT_RANGE = `${SELECT_FROM} AND timestamp < ?5`;
const SELECT_OLDEST = `${SELECT_RANGE} ORDER BY timestamp ASC LIMIT ?6`;
const SELECT_NEWEST = `${SELECT_RANGE} ORDER BY timestamp DESC LIMIT ?6`;

/** The partitions bound the range of the key; the timestamps say which files are meant. */
const CURRENT_FILES = `
FROM archive_files
WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3 AND partition >= ?6 AND partition <= ?7
  AND state = 'current' AND last_timestamp >= ?4 AND first_timestamp < ?5`;
const SELECT_FILES = `
SELECT key, rows, first_timestamp AS first, last_timestamp AS last, bytes,
  footer_length AS footerLength, footer_hash AS footerHash ${CURRENT_FILES}`;
const SELECT_OLDEST_FILES = `${SELECT_FILES} ORDER BY partition ASC LIMIT ${WINDOW_FILES_MAX}`;
const SELECT_NEWEST_FILES = `${SELECT_FILES} ORDER BY partition DESC LIMIT ${WINDOW_FILES_MAX}`;

/**
 * As far as one look at the manifest tells of, hot rows count: what lies beyond is read with the
 * files that lie there.
 */
const SELECT_HOT = `${SELECT_FROM}
  -- One bound: of two, the scan of the key would end at the first, and pass over the rest row by row.
  AND timestamp < MIN(?5, IFNULL((SELECT last_timestamp + 1 ${CURRENT_FILES}
    ORDER BY partition ASC LIMIT 1 OFFSET ${WINDOW_FILES_MAX - 1}), ?5))
ORDER BY timestamp ASC LIMIT ?8`;

/** A stretch of a series that is read piece by piece, the oldest candles first. */
export interface StretchRead {
  readonly series: Series;
  readonly range: TimeRange;
  /** Most hot rows of a piece. */
  readonly rows: number;
  /** Revisions that were seen by then are wanted too, unix milliseconds; undefined for none. */
  readonly revisedUntilMs: number | undefined;
}

/** The beginning of a stretch, as it was at one moment, and what it cost to read. */
export interface StretchFound extends D1Cost, Window {
  /** The newest revision of each candle that has one, oldest first. */
  readonly revisions: readonly Candle[];
  /** Queries of D1 that it took. */
  readonly queries: number;
}

/**
 * The first candles, files and revisions of a stretch, in one call, which D1 runs as one
 * transaction. Throws as `readWindows` does.
 */
export async function readStretch(
  databases: D1Database,
  { series, range, rows, revisedUntilMs }: StretchRead,
): Promise<StretchFound> {
  const db = ownerOf(databases, series);
  const bounds = [...rangeOf({ series }, range), ...partitionsOf(range, series.timeframe)] as const;
  const statements = [
    db.prepare(SELECT_HOT).bind(...bounds, rows),
    db.prepare(SELECT_OLDEST_FILES).bind(...bounds),
  ];
  if (revisedUntilMs !== undefined) {
    statements.push(newestRevisions(db, series, range, revisedUntilMs));
  }
  const results = await batch<Candle | ColdFile>(db, statements);
  return {
    hot: results[0]?.results.filter(isCandle) ?? [],
    files: results[1]?.results.filter(isFile) ?? [],
    revisions: results[2]?.results.filter(isCandle) ?? [],
    queries: statements.length,
    ...costOf(results),
  };
}

/**
 * The first candles and the first files of each of `reads`, in one call a database, which D1 runs as
 * one transaction: all of a series show the same moment. Throws StorageUnavailableError or
 * StorageRejectedError.
 */
export async function readWindows(
  db: D1Database,
  reads: readonly SeriesRead[],
): Promise<WindowsFound> {
  const { rows, ...cost } = await askOwners(db, reads, ({ series }) => series, readWindowsIn);
  return { windows: rows, ...cost };
}

async function readWindowsIn(db: D1Database, reads: readonly SeriesRead[]): Promise<Found<Window>> {
  const statements = reads.flatMap((read) => {
    const newest = read.order === "newest first";
    return [
      db.prepare(newest ? SELECT_NEWEST : SELECT_OLDEST).bind(...rangeOf(read, read), read.rows),
      db
        .prepare(newest ? SELECT_NEWEST_FILES : SELECT_OLDEST_FILES)
        .bind(...rangeOf(read, read), ...partitionsOf(read, read.series.timeframe)),
    ];
  });
  const results = await batch<Candle | ColdFile>(db, statements);
  return {
    rows: reads.map(({ order }, index) => {
      const hot = results[2 * index]?.results.filter(isCandle) ?? [];
      return {
        hot: order === "newest first" ? hot.toReversed() : hot,
        files: results[2 * index + 1]?.results.filter(isFile) ?? [],
      };
    }),
    ...costOf(results),
  };
}

function isCandle(row: Candle | ColdFile): row is Candle {
  return !isFile(row);
}

function isFile(row: Candle | ColdFile): row is ColdFile {
  return "key" in row;
}

/** What a series has in a range. Times are open times, unix seconds; null where there is none. */
export interface RangeBounds {
  readonly oldestHot: number | null;
  readonly newestHot: number | null;
  /** Current files that overlap the range. */
  readonly files: number;
  readonly firstCold: number | null;
  readonly lastCold: number | null;
}

const HOT_IN_RANGE =
  "FROM price_data WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3 AND timestamp >= ?4 AND timestamp < ?5";

/** Two seeks, and a row a file. */
const SELECT_BOUNDS = `
SELECT (SELECT MIN(timestamp) ${HOT_IN_RANGE}) AS oldestHot,
  (SELECT MAX(timestamp) ${HOT_IN_RANGE}) AS newestHot,
  COUNT(*) AS files, MIN(first_timestamp) AS firstCold, MAX(last_timestamp) AS lastCold
${CURRENT_FILES}`;

/** What each of `series` has in `range`, at one moment each. Throws as `readWindows` does. */
export async function readBounds(
  db: D1Database,
  series: readonly Series[],
  range: TimeRange,
): Promise<readonly RangeBounds[]> {
  const { rows } = await askOwners(
    db,
    series,
    (one) => one,
    (owner, some) => readBoundsIn(owner, some, range),
  );
  return rows;
}

async function readBoundsIn(
  db: D1Database,
  series: readonly Series[],
  range: TimeRange,
): Promise<Found<RangeBounds>> {
  const statements = series.map((one) =>
    db
      .prepare(SELECT_BOUNDS)
      .bind(...rangeOf({ series: one }, range), ...partitionsOf(range, one.timeframe)),
  );
  const results = await batch<RangeBounds>(db, statements);
  return { rows: results.flatMap((result) => result.results), ...costOf(results) };
}

function rangeOf({ series }: Pick<SeriesRead, "series">, { from, to }: TimeRange) {
  return [series.source, series.symbol, series.timeframe, from, to] as const;
}

/** The partitions' names have years of four digits. */
const YEAR_9999_END = Date.UTC(9_999, 11, 31) / 1_000;

/** The first and the last partition that `range` touches; no candle is older than 1970. */
export function partitionsOf({ from, to }: TimeRange, timeframe: Timeframe): [string, string] {
  const named = (time: number) =>
    partitionOf(Math.min(Math.max(time, 0), YEAR_9999_END), timeframe);
  return [named(from), named(to - 1)];
}

async function batch<Row>(
  db: D1Database,
  statements: D1PreparedStatement[],
): Promise<D1Result<Row>[]> {
  try {
    return await db.batch<Row>(statements);
  } catch (error) {
    throw storageErrorOf(error);
  }
}

function costOf(results: readonly D1Result[]): D1Cost {
  return {
    rowsRead: results.reduce((sum, { meta }) => sum + meta.rows_read, 0),
    durationMs: results.reduce((sum, { meta }) => sum + meta.duration, 0),
  };
}
