import type { Candle } from "../core/candle.ts";
import { pageOf, type CandlePage, type SeriesRead } from "../core/query-plan.ts";
import { storageErrorOf } from "./d1-error.ts";

/** What a plan's reads found, and what they cost. */
export interface CandlesFound {
  /** One a read, in the order of the reads. */
  readonly pages: readonly CandlePage[];
  /** Rows that D1 bills. */
  readonly rowsRead: number;
  /** Milliseconds that D1 worked. */
  readonly durationMs: number;
}

/** A range of the primary key (source, symbol, timeframe, timestamp), from one end or the other. */
const SELECT_RANGE = `
SELECT timestamp, open, high, low, close, volume_from, volume_to, trades
FROM price_data
WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3 AND timestamp >= ?4 AND timestamp < ?5`;
const SELECT_OLDEST = `${SELECT_RANGE} ORDER BY timestamp ASC LIMIT ?6`;
const SELECT_NEWEST = `${SELECT_RANGE} ORDER BY timestamp DESC LIMIT ?6`;

/**
 * Executes `reads` in one call, which D1 runs as one transaction: all pages show the same moment.
 * Throws StorageUnavailableError or StorageRejectedError.
 */
export async function readCandles(
  db: D1Database,
  reads: readonly SeriesRead[],
): Promise<CandlesFound> {
  const statements = reads.map(({ series, from, to, order, rows }) =>
    db
      .prepare(order === "newest first" ? SELECT_NEWEST : SELECT_OLDEST)
      .bind(series.source, series.symbol, series.timeframe, from, to, rows),
  );
  let results: D1Result<Candle>[];
  try {
    results = await db.batch<Candle>(statements);
  } catch (error) {
    throw storageErrorOf(error);
  }
  return {
    pages: reads.map((read, index) => pageOf(read, results[index]?.results ?? [])),
    rowsRead: results.reduce((sum, { meta }) => sum + meta.rows_read, 0),
    durationMs: results.reduce((sum, { meta }) => sum + meta.duration, 0),
  };
}
