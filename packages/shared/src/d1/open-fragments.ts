import type { Series } from "../core/series.ts";
import { partitionOf } from "../core/partition.ts";
import { throwStorageError } from "./d1-error.ts";
import { ownerOf } from "./databases.ts";

const SELECT_SQL = `
SELECT MIN(key) AS key FROM archive_files
WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3 AND partition >= ?6 AND partition <= ?7
  AND state = 'fragment' AND damage IS NULL AND last_timestamp >= ?4 AND first_timestamp <= ?5
GROUP BY partition ORDER BY partition`;

/**
 * Sound fragments of `series` with candles from `first` to `last` (open times, both inclusive) that
 * wait to be merged: the key of one a partition. Throws StorageUnavailableError.
 */
export async function findFragments(
  databases: D1Database,
  { source, symbol, timeframe }: Series,
  first: number,
  last: number,
): Promise<string[]> {
  const db = ownerOf(databases, { source, symbol, timeframe });
  const partitions = [partitionOf(first, timeframe), partitionOf(last, timeframe)];
  const { results } = await db
    .prepare(SELECT_SQL)
    .bind(source, symbol, timeframe, first, last, ...partitions)
    .all<{ key: string }>()
    .catch(throwStorageError);
  return results.map(({ key }) => key);
}
