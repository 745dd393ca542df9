import type { StoredDecimal } from "@candlehouse/shared/core/decimal";
import type { Series } from "@candlehouse/shared/core/series";
import { ownerOf } from "@candlehouse/shared/d1/databases";
import { read, type Found } from "@candlehouse/shared/d1/read-series";

/** A candle of which its source told other values later. */
export interface RevisedCandle {
  /** Open time, unix seconds. */
  readonly timestamp: number;
  /** What the source told last. */
  readonly close: StoredDecimal;
  /** When, unix milliseconds. */
  readonly seen_at_ms: number;
}

/** With one MAX, SQLite takes the other columns from the row that has it. */
const SELECT_REVISED = `
SELECT timestamp, close, MAX(seen_at_ms) AS seen_at_ms FROM candle_revisions
WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3 AND timestamp >= ?4 AND timestamp < ?5
GROUP BY timestamp ORDER BY timestamp DESC LIMIT ?6`;

/**
 * The newest revision of each candle of `series` that opens in `from` (inclusive) to `to`
 * (exclusive, unix seconds), of the newest `limit` such candles, newest first. Throws
 * StorageUnavailableError or StorageRejectedError.
 */
export async function readRevised(
  db: D1Database,
  { source, symbol, timeframe }: Series,
  { from, to }: { readonly from: number; readonly to: number },
  limit: number,
): Promise<Found<RevisedCandle>> {
  const values = [source, symbol, timeframe, from, to, limit];
  return read<RevisedCandle>(ownerOf(db, { source, symbol, timeframe }), SELECT_REVISED, values);
}
