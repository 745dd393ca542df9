import type { Candle } from "../core/candle.ts";
import type { TimeRange } from "../core/cold-plan.ts";
import { chunk } from "../core/message-plan.ts";
import type { Series } from "../core/series.ts";
import { throwStorageError } from "./d1-error.ts";
import { ownerOf } from "./databases.ts";
import { ARCHIVE_CHUNK } from "./hot-candles.ts";

/** CROSS JOIN: one seek of the key for each timestamp. */
const SELECT_REVISIONS = `
SELECT r.timestamp, r.open, r.high, r.low, r.close, r.volume_from, r.volume_to, r.trades
FROM json_each(?4) AS wanted CROSS JOIN candle_revisions AS r
WHERE r.source = ?1 AND r.symbol = ?2 AND r.timeframe = ?3 AND r.timestamp = wanted.value
ORDER BY r.timestamp`;

/** The revisions of candles at `timestamps` (ascending, unix seconds), ascending; of one, each. */
export async function readRevisions(
  databases: D1Database,
  { source, symbol, timeframe }: Series,
  timestamps: readonly number[],
): Promise<Candle[]> {
  const db = ownerOf(databases, { source, symbol, timeframe });
  const revisions: Candle[] = [];
  for (const some of chunk(timestamps, ARCHIVE_CHUNK)) {
    const { results } = await db
      .prepare(SELECT_REVISIONS)
      .bind(source, symbol, timeframe, JSON.stringify(some))
      .all<Candle>()
      .catch(throwStorageError);
    revisions.push(...results);
  }
  return revisions;
}

/** Most candles whose revisions are read at once; a stretch that has more is cut after them. */
export const REVISED_ROWS_MAX = 20_000;

/** Where MAX is the only aggregate, SQLite takes the other columns from the row that has it. */
const SELECT_NEWEST_REVISIONS = `
SELECT timestamp, open, high, low, close, volume_from, volume_to, trades FROM (
  SELECT timestamp, open, high, low, close, volume_from, volume_to, trades, MAX(seen_at_ms)
  FROM candle_revisions
  WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3 AND timestamp >= ?4 AND timestamp < ?5
    AND seen_at_ms <= ?6
  GROUP BY timestamp ORDER BY timestamp LIMIT ${REVISED_ROWS_MAX}
)`;

/**
 * A query for the newest revision, seen by `untilMs` (unix milliseconds), of each candle of `range`
 * that has one: the first REVISED_ROWS_MAX of them, ascending.
 */
export function newestRevisions(
  databases: D1Database,
  { source, symbol, timeframe }: Series,
  { from, to }: TimeRange,
  untilMs: number,
): D1PreparedStatement {
  const db = ownerOf(databases, { source, symbol, timeframe });
  return db.prepare(SELECT_NEWEST_REVISIONS).bind(source, symbol, timeframe, from, to, untilMs);
}
