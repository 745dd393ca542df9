import type { ChangeKind } from "../core/archive.ts";
import type { Series } from "../core/series.ts";
import { read } from "./read-series.ts";
import { askAll, askPage, compareSeries, compareText } from "./ask-databases.ts";
import type { D1Cost } from "./read-candles.ts";

/** Where a page of changes ended: the next one goes on behind it, to older ones. */
export type ChangePosition = readonly [
  at: number,
  source: string,
  symbol: string,
  timeframe: string,
  partition: string,
  sequence: number,
];

/** A change of a partition's files. */
export interface ChangeRow extends Series {
  readonly partition: string;
  /** 1 for the first change of the partition. */
  readonly sequence: number;
  /** Unix seconds. */
  readonly at: number;
  readonly kind: ChangeKind;
  /** Files that came, and files that went. */
  readonly added: number;
  readonly removed: number;
  /** The file that came, the current one before a fragment; null where none did, or it is gone by now. */
  readonly key: string | null;
  readonly rows: number | null;
  readonly bytes: number | null;
}

/** A page of changes, and what it cost. */
export interface ChangesFound extends D1Cost {
  readonly changes: readonly ChangeRow[];
}

/** What the index of the changes by time has, in its order. */
const POSITION = "at, source, symbol, timeframe, partition, sequence";
const NEWEST_FIRST = POSITION.split(", ")
  .map((column) => `${column} DESC`)
  .join(", ");

/** The name of the file that a change brought; its `added` has [key, state, hash] of each. */
const FILE_OF_CHANGE = `(SELECT value->>0 FROM json_each(added)
  ORDER BY value->>1 <> 'current' LIMIT 1)`;

function selectChanges(where: string): string {
  return `
SELECT change.source, change.symbol, change.timeframe, change.partition, sequence, at, kind,
  json_array_length(added) AS added, json_array_length(removed) AS removed, key, rows, bytes
FROM (SELECT *, ${FILE_OF_CHANGE} AS file FROM archive_changes ${where}
  ORDER BY ${NEWEST_FIRST} LIMIT ?) AS change
LEFT JOIN archive_files AS held ON held.source = change.source AND held.symbol = change.symbol
  AND held.timeframe = change.timeframe AND held.partition = change.partition
  AND held.key = change.file
ORDER BY ${NEWEST_FIRST.replaceAll(/(source|symbol|timeframe|partition)/g, "change.$1")}`;
}

/** Up to `limit` changes behind `after`, newest first. Throws StorageUnavailableError. */
export async function listChanges(
  db: D1Database,
  after: ChangePosition | undefined,
  limit: number,
): Promise<ChangesFound> {
  const where = after === undefined ? "" : `WHERE (${POSITION}) < (?, ?, ?, ?, ?, ?)`;
  const { rows, ...cost } = await askPage(db, { compare: compareNewest, limit }, (one) =>
    read<ChangeRow>(one, selectChanges(where), [...(after ?? []), limit]),
  );
  return { changes: rows, ...cost };
}

/** As NEWEST_FIRST. */
function compareNewest(a: ChangeRow, b: ChangeRow): number {
  return (
    b.at - a.at ||
    compareSeries(b, a) ||
    compareText(b.partition, a.partition) ||
    b.sequence - a.sequence
  );
}

/** The last moment at which the archive changed. */
export interface LastChange {
  /** Unix seconds; null where it never did. */
  readonly last_change_at: number | null;
  /** Changes of partitions in that second. */
  readonly changes: number;
}

/** By the index of the changes by time: two rows, and those of one second. */
export const SELECT_LAST_CHANGE = `
SELECT max(at) AS last_change_at, count(*) AS changes FROM archive_changes
WHERE at = (SELECT max(at) FROM archive_changes)`;

/** When the archive changed last. Throws StorageUnavailableError. */
export async function readLastChange(
  db: D1Database,
): Promise<D1Cost & { readonly mark: LastChange }> {
  const { rows, ...cost } = await askAll(db, (one) =>
    read<LastChange>(one, SELECT_LAST_CHANGE, []),
  );
  return { mark: newestMark(rows), ...cost };
}

/** The last of the moments of several databases. */
export function newestMark(marks: readonly LastChange[]): LastChange {
  const last = Math.max(...marks.map(({ last_change_at: at }) => at ?? 0));
  const newest = marks.filter(({ last_change_at: at }) => at === last);
  return newest.length === 0
    ? { last_change_at: null, changes: 0 }
    : { last_change_at: last, changes: newest.reduce((sum, { changes }) => sum + changes, 0) };
}
