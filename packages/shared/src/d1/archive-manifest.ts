import {
  addedOf,
  CHAIN_START,
  changeText,
  removedOf,
  type ArchiveChange,
  type ArchiveFile,
  type ArchiveFileState,
  type ChainHead,
  type ChangeKind,
} from "../core/archive.ts";
import type { Partition } from "../core/partition.ts";
import type { Series } from "../core/series.ts";
import { sha256Hex } from "../hash/sha256.ts";
import {
  ARCHIVE_COLUMN_NAMES,
  ARCHIVE_COLUMNS,
  archiveFileOf,
  archiveRowOf,
  type ArchiveFileRow,
} from "./archive-file-row.ts";
import { storageErrorOf, throwStorageError } from "./d1-error.ts";

/** What a partition's files are at one moment. */
export interface PartitionState {
  readonly head: ChainHead;
  /** Current file and fragments, oldest first; replaced files are left out. */
  readonly files: readonly ArchiveFile[];
}

/** A change of a partition's files. */
export interface ManifestChange {
  readonly series: Series;
  readonly partition: Partition;
  /** Unix seconds. */
  readonly at: number;
  readonly kind: ChangeKind;
  readonly add: readonly ArchiveFile[];
  /** Keys of the files that become replaced at `at`. */
  readonly remove: readonly string[];
}

/** A link of a partition's chain: the change, and the hashes before and after it. */
export interface ChainRow extends ArchiveChange {
  readonly sequence: number;
  readonly beforeHash: string;
  readonly afterHash: string;
}

const OF_PARTITION = "source = ?1 AND symbol = ?2 AND timeframe = ?3 AND partition = ?4";

const SELECT_HEAD = `
SELECT sequence, after_hash AS hash FROM archive_changes
WHERE ${OF_PARTITION} ORDER BY sequence DESC LIMIT 1`;

const SELECT_FILES = `
SELECT ${ARCHIVE_COLUMNS} FROM archive_files
WHERE ${OF_PARTITION} AND state <> 'replaced' ORDER BY created_at, key`;

/**
 * Two refusals keep a change from following another state than the one it was made for: the key,
 * where another change came first, and the null in before_hash, where the change before it is not
 * the one that it names.
 */
const INSERT_CHANGE = `
INSERT INTO archive_changes
  (source, symbol, timeframe, partition, sequence, at, kind, added, removed, before_hash, after_hash)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
  iif(?5 = 1, ?10, (SELECT after_hash FROM archive_changes
    WHERE ${OF_PARTITION} AND sequence = ?5 - 1 AND after_hash = ?10)),
  ?11)`;

/** What D1 says when INSERT_CHANGE is refused. */
const CHANGE_REFUSED = /constraint failed: archive_changes\./;

const REPLACE_FILES = `
UPDATE archive_files SET state = 'replaced', replaced_at = ?5
WHERE ${OF_PARTITION} AND state <> 'replaced' AND key IN (SELECT value FROM json_each(?6))`;

const PUT_FILES = `
INSERT INTO archive_files (${ARCHIVE_COLUMNS})
SELECT ${ARCHIVE_COLUMN_NAMES.map((_, place) => `value->>${place}`).join(", ")}
FROM json_each(?1) WHERE true
ON CONFLICT (source, symbol, timeframe, partition, key) DO UPDATE SET
  ${ARCHIVE_COLUMN_NAMES.map((column) => `${column} = excluded.${column}`).join(", ")}`;

const SELECT_CHANGE = `SELECT after_hash FROM archive_changes WHERE ${OF_PARTITION} AND sequence = ?5`;

const SELECT_CHAIN = `
SELECT sequence, at, kind, added, removed, before_hash, after_hash FROM archive_changes
WHERE ${OF_PARTITION} ORDER BY sequence`;

const SELECT_REPLACED = `
SELECT ${ARCHIVE_COLUMNS} FROM archive_files
WHERE state = 'replaced' AND replaced_at < ?1
ORDER BY replaced_at, source, symbol, timeframe, partition, key LIMIT ?2`;

const FORGET_FILE = `
DELETE FROM archive_files WHERE ${OF_PARTITION} AND key = ?5 AND state = 'replaced'`;

const RECORD_DAMAGE = `
UPDATE archive_files SET damage = ?6 WHERE ${OF_PARTITION} AND key = ?5 AND damage IS NOT ?6`;

const RECORD_SOUND = `
UPDATE archive_files SET damage = NULL, verified_at = ?6 WHERE ${OF_PARTITION} AND key = ?5`;

function partitionKey({ source, symbol, timeframe }: Series, partition: Partition): string[] {
  return [source, symbol, timeframe, partition];
}

/** The files of a partition and the head of its chain, at one moment. */
export async function readPartitionState(
  db: D1Database,
  series: Series,
  partition: Partition,
): Promise<PartitionState> {
  const of = partitionKey(series, partition);
  // Each of the two gives its part of such a row.
  const [heads, files] = await db
    .batch<ChainHead & ArchiveFileRow>([
      db.prepare(SELECT_HEAD).bind(...of),
      db.prepare(SELECT_FILES).bind(...of),
    ])
    .catch(throwStorageError);
  const { sequence, hash } = heads?.results[0] ?? CHAIN_START;
  return { head: { sequence, hash }, files: (files?.results ?? []).map(archiveFileOf) };
}

/**
 * Makes `change` the one that follows `head`, in one transaction, and says whether it did: false
 * where another change came first; then nothing is changed. Repeatable: the same change after the
 * same head is true again. A file of `add` that has a row already, say as replaced, takes it over.
 *
 * Throws StorageUnavailableError (whether it took effect is unknown) or StorageRejectedError.
 */
export async function applyChange(
  db: D1Database,
  change: ManifestChange,
  head: ChainHead,
): Promise<boolean> {
  const { series, partition, at, kind, add, remove } = change;
  const recorded: ArchiveChange = { series, partition, at, kind, added: add, removed: remove };
  const afterHash = sha256Hex(changeText(recorded, head));
  const of = partitionKey(series, partition);
  const sequence = head.sequence + 1;
  const added = JSON.stringify(addedOf(recorded));
  const removed = JSON.stringify(removedOf(recorded));
  try {
    await db.batch([
      db
        .prepare(INSERT_CHANGE)
        .bind(...of, sequence, at, kind, added, removed, head.hash, afterHash),
      db.prepare(REPLACE_FILES).bind(...of, at, JSON.stringify(remove)),
      db.prepare(PUT_FILES).bind(JSON.stringify(add.map(archiveRowOf))),
    ]);
    return true;
  } catch (cause) {
    if (!CHANGE_REFUSED.test(String(cause))) {
      throw storageErrorOf(cause);
    }
    // It may be this very change that is there, made by a call whose answer was lost.
    const there = await db
      .prepare(SELECT_CHANGE)
      .bind(...of, sequence)
      .first<string>("after_hash")
      .catch(throwStorageError);
    return there === afterHash;
  }
}

/** Up to `limit` files that were replaced before `before`, unix seconds; the oldest first. */
export async function listReplaced(
  db: D1Database,
  before: number,
  limit: number,
): Promise<ArchiveFile[]> {
  const { results } = await db
    .prepare(SELECT_REPLACED)
    .bind(before, limit)
    .all<ArchiveFileRow>()
    .catch(throwStorageError);
  return results.map(archiveFileOf);
}

/** Takes the row of `file` out of the manifest, unless the file has come to be used again. */
export async function forgetFile(db: D1Database, file: ArchiveFile): Promise<void> {
  await db
    .prepare(FORGET_FILE)
    .bind(...partitionKey(file.series, file.partition), file.key)
    .run()
    .catch(throwStorageError);
}

/**
 * Notes what was found wrong with a file, or, where `damage` is null, that it was read whole at
 * `at` (unix seconds) and found right.
 */
export async function recordDamage(
  db: D1Database,
  { series, partition, key }: Pick<ArchiveFile, "series" | "partition" | "key">,
  damage: string | null,
  at: number,
): Promise<void> {
  await db
    .prepare(damage === null ? RECORD_SOUND : RECORD_DAMAGE)
    .bind(...partitionKey(series, partition), key, damage ?? at)
    .run()
    .catch(throwStorageError);
}

/** Every change of a partition's files, the first one first. */
export async function readChain(
  db: D1Database,
  series: Series,
  partition: Partition,
): Promise<ChainRow[]> {
  const { results } = await db
    .prepare(SELECT_CHAIN)
    .bind(...partitionKey(series, partition))
    .all<ChangeRow>()
    .catch(throwStorageError);
  return results.map((row) => {
    const added: [string, ArchiveFileState, string][] = JSON.parse(row.added);
    const removed: string[] = JSON.parse(row.removed);
    return {
      series,
      partition,
      sequence: row.sequence,
      at: row.at,
      kind: row.kind,
      added: added.map(([key, state, fileHash]) => ({ key, state, fileHash })),
      removed,
      beforeHash: row.before_hash,
      afterHash: row.after_hash,
    };
  });
}

interface ChangeRow {
  readonly sequence: number;
  readonly at: number;
  readonly kind: ChangeKind;
  readonly added: string;
  readonly removed: string;
  readonly before_hash: string;
  readonly after_hash: string;
}
