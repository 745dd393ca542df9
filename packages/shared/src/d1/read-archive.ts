import type { ArchiveFile, ArchiveFileState } from "../core/archive.ts";
import { parseArchiveKey } from "../core/archive-key.ts";
import type { Partition } from "../core/partition.ts";
import type { Series } from "../core/series.ts";
import type { SourceId } from "../core/source.ts";
import type { Timeframe } from "../core/timeframe.ts";
import { ARCHIVE_COLUMNS, archiveFileOf, type ArchiveFileRow } from "./archive-file-row.ts";
import { throwStorageError } from "./d1-error.ts";
import { askPage, compareSeries, compareText } from "./ask-databases.ts";
import { read } from "./read-series.ts";
import { ownerOf } from "./databases.ts";

/** Which files of the manifest are meant; a member that is undefined excludes none. */
export interface ArchiveFilter {
  readonly source?: SourceId | undefined;
  readonly symbol?: string | undefined;
  readonly timeframe?: Timeframe | undefined;
  readonly series?: readonly Series[] | undefined;
  /** Files with a candle from here on, unix seconds. */
  readonly start?: number | undefined;
  /** Files with a candle before this, unix seconds. */
  readonly end?: number | undefined;
  readonly state: ArchiveFileState;
}

/** Where a page of the manifest ended: the next one goes on behind it, by the primary key. */
export interface ArchivePosition {
  readonly series: Series;
  readonly partition: Partition;
  readonly key: string;
}

const SERIES_GIVEN = `(source, symbol, timeframe) IN
  (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?))`;

/**
 * Up to `limit` files behind `after`, by series, partition and key. Throws
 * StorageUnavailableError or StorageRejectedError.
 */
export async function listArchive(
  db: D1Database,
  filter: ArchiveFilter,
  after: ArchivePosition | undefined,
  limit: number,
): Promise<ArchiveFile[]> {
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  const add = (condition: string, ...given: (string | number | undefined)[]) => {
    const bound = given.filter((value) => value !== undefined);
    if (bound.length === given.length) {
      conditions.push(condition);
      values.push(...bound);
    }
  };
  const { series, ...of } = filter;
  add("source = ?", of.source);
  add("symbol = ?", of.symbol);
  add("timeframe = ?", of.timeframe);
  add(SERIES_GIVEN, series && jsonOf(series));
  add("state = ?", of.state);
  add("last_timestamp >= ?", of.start);
  add("first_timestamp < ?", of.end);
  add(
    "(source, symbol, timeframe, partition, key) > (?, ?, ?, ?, ?)",
    after?.series.source,
    after?.series.symbol,
    after?.series.timeframe,
    after?.partition,
    after?.key,
  );
  const sql = `SELECT ${ARCHIVE_COLUMNS} FROM archive_files WHERE ${conditions.join(" AND ")}
      ORDER BY source, symbol, timeframe, partition, key LIMIT ?`;
  const found = await askPage(db, { compare: compareFiles, limit }, (one) =>
    read<ArchiveFileRow>(one, sql, [...values, limit]),
  );
  return found.rows.map(archiveFileOf);
}

/** The file that the manifest names by `key`, whatever its state; undefined where none is. */
export async function findArchiveFile(
  db: D1Database,
  key: string,
): Promise<ArchiveFile | undefined> {
  const parsed = parseArchiveKey(key);
  if (parsed === undefined) {
    return undefined;
  }
  const { source, symbol, timeframe } = parsed.series;
  const row = await ownerOf(db, parsed.series)
    .prepare(
      `SELECT ${ARCHIVE_COLUMNS} FROM archive_files
      WHERE source = ? AND symbol = ? AND timeframe = ? AND partition = ? AND key = ?`,
    )
    .bind(source, symbol, timeframe, parsed.partition, key)
    .first<ArchiveFileRow>()
    .catch(throwStorageError);
  return row === null ? undefined : archiveFileOf(row);
}

function compareFiles(a: ArchiveFileRow, b: ArchiveFileRow): number {
  return compareSeries(a, b) || compareText(a.partition, b.partition) || compareText(a.key, b.key);
}

function jsonOf(series: readonly Series[]): string {
  return JSON.stringify(series.map(({ source, symbol, timeframe }) => [source, symbol, timeframe]));
}
