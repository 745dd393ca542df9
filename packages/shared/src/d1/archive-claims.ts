import type { ArchiveFile } from "../core/archive.ts";
import { comparePartitions, type SeriesPartition } from "../core/series-partition.ts";
import { ARCHIVE_COLUMNS, archiveFileOf, type ArchiveFileRow } from "./archive-file-row.ts";
import { throwStorageError } from "./d1-error.ts";
import { askEach } from "./ask-databases.ts";
import { allDatabases, groupByOwner, ownerOf } from "./databases.ts";

/**
 * A replaced file is claimed before its object is deleted: its row becomes `deleting`, and no change
 * of the manifest takes such a row over. So an object that is being deleted never comes into use.
 */

const FILE_KEY = "source, symbol, timeframe, partition, key";
const NAMES_OF_C = ARCHIVE_COLUMNS.split(", ")
  .map((name) => `c.${name}`)
  .join(", ");

/** Each replaced file with the current file of its partition, where that is not known as damaged. */
const REPLACED_AND_CURRENT = `
FROM archive_files AS r CROSS JOIN archive_files AS c
  ON c.source = r.source AND c.symbol = r.symbol AND c.timeframe = r.timeframe
  AND c.partition = r.partition AND c.state = 'current' AND c.damage IS NULL
WHERE r.state = 'replaced' AND r.replaced_at < ?1`;

const SELECT_UNPROVEN = `
SELECT DISTINCT ${NAMES_OF_C} ${REPLACED_AND_CURRENT}
  AND (c.verified_at IS NULL OR c.verified_at < r.replaced_at)
ORDER BY c.source, c.symbol, c.timeframe, c.partition LIMIT ?2`;

// What a row that is claimed says of its last verification is of no use any more: the column says
// when it was claimed.
const CLAIM = `
UPDATE archive_files SET state = 'deleting', verified_at = ?3
WHERE (${FILE_KEY}) IN (
  SELECT r.source, r.symbol, r.timeframe, r.partition, r.key ${REPLACED_AND_CURRENT}
    AND c.verified_at >= r.replaced_at
  ORDER BY r.replaced_at, r.source, r.symbol, r.timeframe, r.partition, r.key LIMIT ?2)
RETURNING ${ARCHIVE_COLUMNS}`;

const RELEASE = `
UPDATE archive_files SET state = 'replaced', verified_at = NULL
WHERE state = 'deleting' AND (verified_at IS NULL OR verified_at < ?1)`;

const FORGET = `
DELETE FROM archive_files WHERE state = 'deleting' AND (${FILE_KEY}) IN (
  SELECT value->>0, value->>1, value->>2, value->>3, value->>4 FROM json_each(?1))`;

const SELECT_ALL = `
SELECT ${ARCHIVE_COLUMNS} FROM archive_files
WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3 AND partition = ?4`;

/**
 * Up to `limit` current files that stand for files which were replaced before `before` (unix
 * seconds), and that were not read whole since these were replaced. Known as damaged is none.
 */
export async function listUnproven(
  db: D1Database,
  before: number,
  limit: number,
): Promise<ArchiveFile[]> {
  const answers = await askEach(db, (one) =>
    one.prepare(SELECT_UNPROVEN).bind(before, limit).all<ArchiveFileRow>().catch(throwStorageError),
  );
  const files = answers.flatMap(({ results }) => results.map(archiveFileOf));
  return answers.length === 1 ? files : files.toSorted(comparePartitions).slice(0, limit);
}

/**
 * Claims up to `limit` files that were replaced before `before`, the oldest first, at `at` (both
 * unix seconds), and gives those that it claimed. A file is claimed only where its partition's
 * current file was read whole and found right since then: what it held must be readable without it.
 * Of several databases each claims its share of `limit`: what is left waits for the next call.
 */
export async function claimReplaced(
  db: D1Database,
  { before, at, limit }: { readonly before: number; readonly at: number; readonly limit: number },
): Promise<ArchiveFile[]> {
  const share = Math.max(1, Math.floor(limit / allDatabases(db).length));
  const answers = await askEach(db, (one) =>
    one.prepare(CLAIM).bind(before, share, at).all<ArchiveFileRow>().catch(throwStorageError),
  );
  return answers.flatMap(({ results }) => results.map(archiveFileOf));
}

/**
 * Makes files replaced again that were claimed before `before`, unix seconds: who claimed them died,
 * and whether their objects are there nobody knows.
 */
export async function releaseClaims(db: D1Database, before: number): Promise<void> {
  await askEach(db, (one) => one.prepare(RELEASE).bind(before).run().catch(throwStorageError));
}

/** Takes the rows of files that were claimed, and whose objects are gone, out of the manifest. */
export async function forgetDeleting(db: D1Database, files: readonly ArchiveFile[]): Promise<void> {
  for (const { db: one, items } of groupByOwner(db, files, ({ series }) => series)) {
    const keys = items.map(({ series: { source, symbol, timeframe }, partition, key }) => [
      source,
      symbol,
      timeframe,
      partition,
      key,
    ]);
    await one.prepare(FORGET).bind(JSON.stringify(keys)).run().catch(throwStorageError);
  }
}

/** Every file of a partition that the manifest has, in whatever state. */
export async function readAllFiles(
  databases: D1Database,
  { series: { source, symbol, timeframe }, partition }: SeriesPartition,
): Promise<ArchiveFile[]> {
  const db = ownerOf(databases, { source, symbol, timeframe });
  const { results } = await db
    .prepare(SELECT_ALL)
    .bind(source, symbol, timeframe, partition)
    .all<ArchiveFileRow>()
    .catch(throwStorageError);
  return results.map(archiveFileOf);
}
