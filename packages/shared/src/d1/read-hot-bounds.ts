import type { Series } from "../core/series.ts";
import { throwStorageError } from "./d1-error.ts";
import { ownerOf } from "./databases.ts";

/** Two seeks of the key. */
const SELECT_BOUNDS = `
SELECT
  (SELECT MIN(timestamp) FROM price_data WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3) AS oldest,
  (SELECT MAX(timestamp) FROM price_data WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3) AS newest`;

/** Open times of the oldest and the newest hot candle of a series; undefined where it has none. */
export async function readHotBounds(
  databases: D1Database,
  { source, symbol, timeframe }: Series,
): Promise<{ readonly oldest: number; readonly newest: number } | undefined> {
  const db = ownerOf(databases, { source, symbol, timeframe });
  const row = await db
    .prepare(SELECT_BOUNDS)
    .bind(source, symbol, timeframe)
    .first<{ oldest: number | null; newest: number | null }>()
    .catch(throwStorageError);
  return row?.oldest === undefined || row.oldest === null || row.newest === null
    ? undefined
    : { oldest: row.oldest, newest: row.newest };
}
