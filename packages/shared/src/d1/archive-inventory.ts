import type { ArchiveFile } from "../core/archive.ts";
import { comparePartitions, type SeriesPartition } from "../core/series-partition.ts";
import type { Series } from "../core/series.ts";
import { ARCHIVE_COLUMNS, archiveFileOf, type ArchiveFileRow } from "./archive-file-row.ts";
import { throwStorageError } from "./d1-error.ts";
import { askEach } from "./ask-databases.ts";
import { ownerOf } from "./databases.ts";

/** Which partitions are meant, and where to go on. */
export interface PartitionFilter {
  readonly series?: Series | undefined;
  readonly partition?: string | undefined;
  /** Partitions behind this one alone, by source, symbol, timeframe and partition. */
  readonly after?: SeriesPartition | undefined;
}

interface PartitionRow extends Series {
  readonly partition: string;
}

/** What `valuesOfFilter` gives, without a series. */
const BEHIND = `
(source, symbol, timeframe, partition) > (?1, ?2, ?3, ?4) AND (?5 IS NULL OR partition = ?5)`;

/** The same of one series, which is sought, so that the others' rows are not read. */
const BEHIND_OF_SERIES = `source = ?6 AND symbol = ?7 AND timeframe = ?8 AND ${BEHIND}`;

function whereOf({ series }: PartitionFilter): string {
  return series === undefined ? BEHIND : BEHIND_OF_SERIES;
}

/** A partition whose rows were taken out of one of the tables is still in the other one. */
function selectPartitions(table: "archive_files" | "archive_changes", where: string): string {
  return `
SELECT DISTINCT source, symbol, timeframe, partition FROM ${table}
WHERE ${where}
ORDER BY source, symbol, timeframe, partition`;
}

function countPartitionsWhere(where: string): string {
  return `
SELECT count(*) AS partitions FROM (
  SELECT source, symbol, timeframe, partition FROM archive_files WHERE ${where}
  UNION SELECT source, symbol, timeframe, partition FROM archive_changes WHERE ${where}
)`;
}

const SELECT_BETWEEN = `
SELECT ${ARCHIVE_COLUMNS} FROM archive_files WHERE key > ?1 AND key <= ?2`;

const SELECT_OPEN = `
SELECT DISTINCT source, symbol, timeframe, partition FROM archive_files
WHERE state = 'fragment' AND damage IS NULL AND created_at < ?1
ORDER BY source, symbol, timeframe, partition LIMIT ?2`;

/** Of current files alone; a damaged one is known, and looked at by whoever mends it. */
const SELECT_UNVERIFIED = `
SELECT ${ARCHIVE_COLUMNS} FROM archive_files
WHERE state = 'current' AND damage IS NULL AND coalesce(verified_at, created_at) < ?1
ORDER BY coalesce(verified_at, created_at), key LIMIT ?2`;

/**
 * Up to `limit` current files that were not read back since `before`, unix seconds, the one that was
 * not for longest first. Goes through the manifest. Throws StorageUnavailableError.
 */
export async function listUnverified(
  db: D1Database,
  before: number,
  limit: number,
): Promise<ArchiveFile[]> {
  const answers = await askEach(db, (one) =>
    one
      .prepare(SELECT_UNVERIFIED)
      .bind(before, limit)
      .all<ArchiveFileRow>()
      .catch(throwStorageError),
  );
  const rows = answers.flatMap(({ results }) => results);
  return (answers.length === 1 ? rows : rows.toSorted(compareVerified).slice(0, limit)).map(
    archiveFileOf,
  );
}

/** Those first that were not read back for longest. */
function compareVerified(a: ArchiveFileRow, b: ArchiveFileRow): number {
  return (a.verified_at ?? a.created_at) - (b.verified_at ?? b.created_at);
}

/** Up to `limit` partitions that have a file or a history, in order. */
export async function listPartitions(
  db: D1Database,
  filter: PartitionFilter,
  limit: number,
): Promise<SeriesPartition[]> {
  const meant = filter.series === undefined ? db : ownerOf(db, filter.series);
  const found = await askEach(meant, (one) => listPartitionsIn(one, filter, limit));
  return found.flat().toSorted(comparePartitions).slice(0, limit);
}

async function listPartitionsIn(
  db: D1Database,
  filter: PartitionFilter,
  limit: number,
): Promise<SeriesPartition[]> {
  const values = [...valuesOfFilter(filter), limit];
  const results = await db
    .batch<PartitionRow>(
      (["archive_files", "archive_changes"] as const).map((table) =>
        db
          .prepare(`${selectPartitions(table, whereOf(filter))} LIMIT ?${values.length}`)
          .bind(...values),
      ),
    )
    .catch(throwStorageError);
  const found = results.flatMap((result) => result.results.map(partitionOfRow));
  return found
    .toSorted(comparePartitions)
    .filter((one, index, all) => {
      const before = all[index - 1];
      return before === undefined || comparePartitions(before, one) !== 0;
    })
    .slice(0, limit);
}

/** How many partitions there are that have a file or a history. */
export async function countPartitions(db: D1Database, filter: PartitionFilter): Promise<number> {
  const meant = filter.series === undefined ? db : ownerOf(db, filter.series);
  const counts = await askEach(meant, (one) =>
    one
      .prepare(countPartitionsWhere(whereOf(filter)))
      .bind(...valuesOfFilter(filter))
      .first<number>("partitions")
      .catch(throwStorageError),
  );
  return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

/**
 * The files whose keys are behind `after` and up to `to`, inclusive, in no order. The key alone is
 * no index: each call passes over the whole manifest, so it is for work of once a day.
 */
export async function listFilesBetween(
  db: D1Database,
  after: string,
  to: string,
): Promise<ArchiveFile[]> {
  const answers = await askEach(db, (one) =>
    one.prepare(SELECT_BETWEEN).bind(after, to).all<ArchiveFileRow>().catch(throwStorageError),
  );
  return answers.flatMap(({ results }) => results.map(archiveFileOf));
}

/** Up to `limit` partitions with a sound fragment that was registered before `before`, in order. */
export async function listOpenPartitions(
  db: D1Database,
  before: number,
  limit: number,
): Promise<SeriesPartition[]> {
  const answers = await askEach(db, (one) =>
    one.prepare(SELECT_OPEN).bind(before, limit).all<PartitionRow>().catch(throwStorageError),
  );
  const found = answers.flatMap(({ results }) => results.map(partitionOfRow));
  return answers.length === 1 ? found : found.toSorted(comparePartitions).slice(0, limit);
}

function partitionOfRow({ partition, source, symbol, timeframe }: PartitionRow): SeriesPartition {
  return { series: { source, symbol, timeframe }, partition };
}

function valuesOfFilter({ series, partition, after }: PartitionFilter): (string | number | null)[] {
  const behind =
    after === undefined
      ? ["", "", "", ""]
      : [after.series.source, after.series.symbol, after.series.timeframe, after.partition];
  const ofSeries = series === undefined ? [] : [series.source, series.symbol, series.timeframe];
  return [...behind, partition ?? null, ...ofSeries];
}
