import type { TimeRange } from "../core/cold-plan.ts";
import { dayOf } from "../core/missing.ts";
import { partitionOf, partitionStart } from "../core/partition.ts";
import type { Series } from "../core/series.ts";
import { throwStorageError } from "./d1-error.ts";
import { ownerOf } from "./databases.ts";

/** Most hot rows that are read at once: more than the hot window of a series of minutes holds. */
const HOT_ROWS_MAX = 50_000;

/** A current file, and how many candles it has each day. */
export interface HeldFile {
  readonly key: string;
  readonly bytes: number;
  readonly footerLength: number;
  readonly footerHash: string;
  /** Days since 1970-01-01 of the partition's first day, to which `dayCounts[0]` belongs. */
  readonly firstDay: number;
  readonly dayCounts: readonly number[];
}

/** What a series holds in a range, at one moment. */
export interface HeldWindow {
  /** The part of the range that this is about: from its start on. */
  readonly range: TimeRange;
  /** Open times of the hot rows of the range, ascending. */
  readonly hot: readonly number[];
  /** Current files that overlap the range, by partition. */
  readonly files: readonly HeldFile[];
}

interface FileRow {
  readonly key: string;
  readonly partition: string;
  readonly bytes: number;
  readonly footerLength: number;
  readonly footerHash: string;
  readonly dayCounts: string;
}

const SELECT_HOT = `
SELECT timestamp FROM price_data
WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3 AND timestamp >= ?4 AND timestamp < ?5
ORDER BY timestamp LIMIT ${HOT_ROWS_MAX}`;

const SELECT_FILES = `
SELECT key, partition, bytes, footer_length AS footerLength, footer_hash AS footerHash,
  day_counts AS dayCounts
FROM archive_files
WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3 AND partition >= ?6 AND partition <= ?7
  AND state = 'current' AND last_timestamp >= ?4 AND first_timestamp < ?5
ORDER BY partition`;

/**
 * What `series` holds from `range.from` on, in one transaction: a candle that is being archived is
 * in one of the two. Where there are more hot rows than are read at once, the window ends with the
 * last one read. Throws StorageUnavailableError.
 */
export async function readHeldWindow(
  databases: D1Database,
  series: Series,
  range: TimeRange,
): Promise<HeldWindow> {
  const db = ownerOf(databases, series);
  const { source, symbol, timeframe } = series;
  const keys = [source, symbol, timeframe, range.from, range.to] as const;
  const partitions = [partitionOf(range.from, timeframe), partitionOf(range.to - 1, timeframe)];
  const [hotResult, fileResult] = await db
    .batch<{ timestamp: number } | FileRow>([
      db.prepare(SELECT_HOT).bind(...keys),
      db.prepare(SELECT_FILES).bind(...keys, ...partitions),
    ])
    .catch(throwStorageError);
  const hot = (hotResult?.results ?? []).flatMap((row) =>
    "timestamp" in row ? row.timestamp : [],
  );
  const files = (fileResult?.results ?? []).flatMap((row) => ("key" in row ? fileOf(row) : []));
  const last = hot.length < HOT_ROWS_MAX ? undefined : hot.at(-1);
  return { range: last === undefined ? range : { from: range.from, to: last + 1 }, hot, files };
}

function fileOf({ partition, dayCounts, ...file }: FileRow): HeldFile {
  const counts: number[] = JSON.parse(dayCounts);
  return { ...file, firstDay: dayOf(partitionStart(partition)), dayCounts: counts };
}
