import type { Partition } from "./partition.ts";
import type { Series } from "./series.ts";

/**
 * What a file of the archive is for. Queries read `current` files alone; a `fragment` waits to be
 * merged into one; a `replaced` file waits to be deleted; of one that is `deleting`, the object may
 * be gone at any moment.
 */
export type ArchiveFileState = "current" | "fragment" | "replaced" | "deleting";

/** What can be read from a file itself. */
export interface FileDescription {
  /** Version of the file format; 0 where the file is not of our making. */
  readonly format: number;
  readonly rows: number;
  /** Open time of the first candle, unix seconds. */
  readonly first: number;
  /** Open time of the last candle, unix seconds. */
  readonly last: number;
  readonly bytes: number;
  /** Bytes at the end of the file that hold its footer. */
  readonly footerLength: number;
  /** SHA-256 of the candles, whatever their encoding; hex. */
  readonly contentHash: string;
  /** SHA-256 of the file; hex. */
  readonly fileHash: string;
  /** SHA-256 of its last `footerLength` bytes; hex. */
  readonly footerHash: string;
  /** Candles on each day of the partition, from its first day on, up to the day of the last one. */
  readonly dayCounts: readonly number[];
}

/** A file on R2 as the manifest has it. Times are unix seconds. */
export interface ArchiveFile extends FileDescription {
  readonly series: Series;
  readonly partition: Partition;
  /** Of the object on R2. */
  readonly key: string;
  readonly state: ArchiveFileState;
  readonly createdAt: number;
  readonly replacedAt: number | null;
  /** When it was last read whole and found right. */
  readonly verifiedAt: number | null;
  /** What was found wrong; null where nothing was. */
  readonly damage: string | null;
}

/** Why the files of a partition change. */
export type ChangeKind = "archive" | "compact" | "register" | "rebuild";

/** The state of a partition: the head of its chain of changes. */
export interface ChainHead {
  /** Changes so far. */
  readonly sequence: number;
  /** Hash of the last change; 64 zeros before the first. */
  readonly hash: string;
}

export const CHAIN_START: ChainHead = { sequence: 0, hash: "0".repeat(64) };

/** A change of a partition's files, to be hashed and recorded. */
export interface ArchiveChange {
  readonly series: Series;
  readonly partition: Partition;
  /** Unix seconds. */
  readonly at: number;
  readonly kind: ChangeKind;
  readonly added: readonly Pick<ArchiveFile, "key" | "state" | "fileHash">[];
  /** Keys of files that are replaced. */
  readonly removed: readonly string[];
}

/** What the change that follows `head` is hashed from: one text for one change. */
export function changeText(change: ArchiveChange, head: ChainHead): string {
  const { series, partition, at, kind } = change;
  return JSON.stringify([
    head.hash,
    head.sequence + 1,
    [series.source, series.symbol, series.timeframe, partition],
    at,
    kind,
    addedOf(change),
    removedOf(change),
  ]);
}

/** The files that `change` adds, as the chain records them: key, state and hash, sorted by key. */
export function addedOf({ added }: ArchiveChange): [string, string, string][] {
  return added
    .map(({ key, state, fileHash }): [string, string, string] => [key, state, fileHash])
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** The keys that `change` removes, as the chain records them: sorted. */
export function removedOf({ removed }: ArchiveChange): string[] {
  return removed.toSorted();
}
