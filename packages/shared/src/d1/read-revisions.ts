import type { Candle } from "../core/candle.ts";
import { chunk } from "../core/message-plan.ts";
import type { Series } from "../core/series.ts";
import { throwStorageError } from "./d1-error.ts";
import { ARCHIVE_CHUNK } from "./hot-candles.ts";

/** CROSS JOIN: one seek of the key for each timestamp. */
const SELECT_REVISIONS = `
SELECT r.timestamp, r.open, r.high, r.low, r.close, r.volume_from, r.volume_to, r.trades
FROM json_each(?4) AS wanted CROSS JOIN candle_revisions AS r
WHERE r.source = ?1 AND r.symbol = ?2 AND r.timeframe = ?3 AND r.timestamp = wanted.value
ORDER BY r.timestamp`;

/** The revisions of candles at `timestamps` (ascending, unix seconds), ascending; of one, each. */
export async function readRevisions(
  db: D1Database,
  { source, symbol, timeframe }: Series,
  timestamps: readonly number[],
): Promise<Candle[]> {
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
