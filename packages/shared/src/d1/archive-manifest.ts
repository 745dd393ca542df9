import {
  addedOf,
  CHAIN_START,
  changeText,
  removedOf,
  type ArchiveChange,
  type ArchiveFile,
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
import { ownerOf } from "./databases.ts";

/** What a partition's files are at one moment. */
export interface PartitionState {
  readonly head: ChainHead;
  /**
   * When candles of the partition were merged last, unix seconds; null where none ever were. A
   * fragment that is registered waits to be merged, and does not count.
   */
  readonly mergedAt: number | null;
  /** Current file and fragments, oldest first. */
  readonly files: readonly ArchiveFile[];
  /** Keys of the files that are replaced or being deleted. */
  readonly leaving: ReadonlySet<string>;
}

/** What a reader of hot candles found: the change that follows from it holds for these alone. */
export interface HotSeen {
  /** Open times, unix seconds, both inclusive. */
  readonly first: number;
  readonly last: number;
  /** Hot candles of the series from `first` to `last`. */
  readonly rows: number;
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
  /**
   * Those keys of `add` that were leaving before the files were read. Their rows must be there
   * yet: a clean-up forgets a row when it has deleted the object.
   */
  readonly reused?: readonly string[];
  /** Hot candles that must be as many as they were when they were read. */
  readonly hot?: readonly HotSeen[];
}

const OF_PARTITION = "source = ?1 AND symbol = ?2 AND timeframe = ?3 AND partition = ?4";

const SELECT_HEAD = `
SELECT sequence, after_hash AS hash FROM archive_changes
WHERE ${OF_PARTITION} ORDER BY sequence DESC LIMIT 1`;

const SELECT_MERGED = `
SELECT at AS merged_at FROM archive_changes
WHERE ${OF_PARTITION} AND kind <> 'register' ORDER BY sequence DESC LIMIT 1`;

const SELECT_FILES = `
SELECT ${ARCHIVE_COLUMNS} FROM archive_files
WHERE ${OF_PARTITION} AND state IN ('current', 'fragment') ORDER BY created_at, key`;

const SELECT_LEAVING = `
SELECT key FROM archive_files WHERE ${OF_PARTITION} AND state IN ('replaced', 'deleting')`;

/** Whether a file that is to be added is being deleted: its object may be gone at any moment. */
const ADDS_DELETING = `EXISTS (SELECT 1 FROM archive_files WHERE ${OF_PARTITION}
  AND key IN (SELECT value->>0 FROM json_each(?8)) AND state = 'deleting')`;

/** Whether a file that was leaving when it was read is gone by now. */
const REUSES_FORGOTTEN = `EXISTS (SELECT 1 FROM json_each(?12) AS reused
  WHERE NOT EXISTS (SELECT 1 FROM archive_files WHERE ${OF_PARTITION} AND key = reused.value))`;

/** Whether hot candles came, or went, since they were read. */
const HOT_CHANGED = `EXISTS (SELECT 1 FROM json_each(?13) AS seen
  WHERE seen.value->>2 <> (SELECT COUNT(*) FROM price_data
    WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3
      AND timestamp BETWEEN seen.value->>0 AND seen.value->>1))`;

/**
 * Two refusals keep a change from following another state than the one it was made for: the key,
 * where another change came first, and the null in before_hash, where the change before it is not
 * the one that it names, or its files or the hot candles are not as they were read.
 */
const INSERT_CHANGE = `
INSERT INTO archive_changes
  (source, symbol, timeframe, partition, sequence, at, kind, added, removed, before_hash, after_hash)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
  CASE
    WHEN ${ADDS_DELETING} OR ${REUSES_FORGOTTEN} OR ${HOT_CHANGED} THEN NULL
    WHEN ?5 = 1 THEN ?10
    ELSE (SELECT after_hash FROM archive_changes
      WHERE ${OF_PARTITION} AND sequence = ?5 - 1 AND after_hash = ?10)
  END,
  ?11)`;

/** What D1 says when INSERT_CHANGE is refused. */
const CHANGE_REFUSED = /constraint failed: archive_changes\./;

const REPLACE_FILES = `
UPDATE archive_files SET state = 'replaced', replaced_at = ?5
WHERE ${OF_PARTITION} AND state IN ('current', 'fragment') AND key IN (SELECT value FROM json_each(?6))`;

const PUT_FILES = `
INSERT INTO archive_files (${ARCHIVE_COLUMNS})
SELECT ${ARCHIVE_COLUMN_NAMES.map((_, place) => `value->>${place}`).join(", ")}
FROM json_each(?1) WHERE true
ON CONFLICT (source, symbol, timeframe, partition, key) DO UPDATE SET
  ${ARCHIVE_COLUMN_NAMES.map((column) => `${column} = excluded.${column}`).join(", ")}`;

const SELECT_CHANGE = `SELECT after_hash FROM archive_changes WHERE ${OF_PARTITION} AND sequence = ?5`;

const RECORD_DAMAGE = `
UPDATE archive_files SET damage = ?6 WHERE ${OF_PARTITION} AND key = ?5 AND damage IS NOT ?6`;

const RECORD_SOUND = `
UPDATE archive_files SET damage = NULL, verified_at = ?6 WHERE ${OF_PARTITION} AND key = ?5`;

function partitionKey({ source, symbol, timeframe }: Series, partition: Partition): string[] {
  return [source, symbol, timeframe, partition];
}

/** The files of a partition and the head of its chain, at one moment. */
export async function readPartitionState(
  databases: D1Database,
  series: Series,
  partition: Partition,
): Promise<PartitionState> {
  const db = ownerOf(databases, series);
  const of = partitionKey(series, partition);
  // Each of them gives its part of such a row.
  const [heads, merged, files, leaving] = await db
    .batch<ChainHead & ArchiveFileRow & { merged_at: number }>(
      [SELECT_HEAD, SELECT_MERGED, SELECT_FILES, SELECT_LEAVING].map((sql) =>
        db.prepare(sql).bind(...of),
      ),
    )
    .catch(throwStorageError);
  const { sequence, hash } = heads?.results[0] ?? CHAIN_START;
  return {
    head: { sequence, hash },
    mergedAt: merged?.results[0]?.merged_at ?? null,
    files: (files?.results ?? []).map(archiveFileOf),
    leaving: new Set(leaving?.results.map(({ key }) => key)),
  };
}

/** What adding a fragment to a partition takes to know of it: the half of a `PartitionState`. */
export type PartitionFiles = Pick<PartitionState, "head" | "files">;

/** The files of a partition and the head of its chain, at one moment. */
export async function readPartitionFiles(
  databases: D1Database,
  series: Series,
  partition: Partition,
): Promise<PartitionFiles> {
  const db = ownerOf(databases, series);
  const of = partitionKey(series, partition);
  const [heads, files] = await db
    .batch<ChainHead & ArchiveFileRow>(
      [SELECT_HEAD, SELECT_FILES].map((sql) => db.prepare(sql).bind(...of)),
    )
    .catch(throwStorageError);
  const { sequence, hash } = heads?.results[0] ?? CHAIN_START;
  return { head: { sequence, hash }, files: (files?.results ?? []).map(archiveFileOf) };
}

/**
 * Makes `change` the one that follows `head`, in one transaction, and says whether it did: false
 * where another change came first, where a file of `add` is being deleted or where hot candles are
 * not as they were read; then nothing is changed. Repeatable: the same change after the same head
 * is true again. A file of `add` that has a row already, say as replaced, takes it over.
 *
 * Throws StorageUnavailableError (whether it took effect is unknown) or StorageRejectedError.
 */
export async function applyChange(
  databases: D1Database,
  change: ManifestChange,
  head: ChainHead,
): Promise<boolean> {
  const db = ownerOf(databases, change.series);
  const { series, partition, at, kind, add, remove, reused = [], hot = [] } = change;
  const recorded: ArchiveChange = { series, partition, at, kind, added: add, removed: remove };
  const afterHash = sha256Hex(changeText(recorded, head));
  const of = partitionKey(series, partition);
  const sequence = head.sequence + 1;
  const added = JSON.stringify(addedOf(recorded));
  const removed = JSON.stringify(removedOf(recorded));
  const reusedKeys = JSON.stringify(reused);
  const seen = JSON.stringify(hot.map(({ first, last, rows }) => [first, last, rows]));
  try {
    await db.batch([
      db
        .prepare(INSERT_CHANGE)
        .bind(...of, sequence, at, kind, added, removed, head.hash, afterHash, reusedKeys, seen),
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

/**
 * Notes what was found wrong with a file, or, where `damage` is null, that it was read whole at
 * `at` (unix seconds) and found right.
 */
export async function recordDamage(
  databases: D1Database,
  { series, partition, key }: Pick<ArchiveFile, "series" | "partition" | "key">,
  damage: string | null,
  at: number,
): Promise<void> {
  const db = ownerOf(databases, series);
  await db
    .prepare(damage === null ? RECORD_SOUND : RECORD_DAMAGE)
    .bind(...partitionKey(series, partition), key, damage ?? at)
    .run()
    .catch(throwStorageError);
}
