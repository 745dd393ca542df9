import type { BenchMessage } from "../candles.ts";

/**
 * The usual way to store candles in D1: a table with a rowid, a UNIQUE key and two indexes, and
 * `batch()` of 100 single-row statements.
 */
const STATEMENTS_PER_BATCH = 100;

/** The statements that make the table anew, empty. */
export function createUsualTable(db: D1Database): D1PreparedStatement[] {
  return [
    "DROP TABLE IF EXISTS usual_price_data",
    `CREATE TABLE usual_price_data (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      symbol TEXT NOT NULL,
      timestamp INTEGER NOT NULL,
      timeframe TEXT NOT NULL,
      open REAL NOT NULL,
      high REAL NOT NULL,
      low REAL NOT NULL,
      close REAL NOT NULL,
      volume_from REAL,
      volume_to REAL,
      source TEXT NOT NULL,
      created_at INTEGER,
      UNIQUE (symbol, timestamp, timeframe, source)
    )`,
    "CREATE INDEX usual_series ON usual_price_data (symbol, timeframe, timestamp)",
    "CREATE INDEX usual_source ON usual_price_data (source)",
  ].map((sql) => db.prepare(sql));
}

const INSERT = `INSERT OR IGNORE INTO usual_price_data
  (symbol, timestamp, timeframe, open, high, low, close, volume_from, volume_to, source, created_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** Stores `messages` without any check; returns the billed rows written. */
export async function storeTheUsualWay(
  db: D1Database,
  messages: readonly BenchMessage[],
): Promise<number> {
  const insert = db.prepare(INSERT);
  const createdAt = Math.floor(Date.now() / 1_000);
  const statements = messages.flatMap(({ source, candles }) =>
    candles.map(([symbol, timeframe, timestamp, open, high, low, close, from, to]) =>
      insert.bind(
        symbol,
        timestamp,
        timeframe,
        open,
        high,
        low,
        close,
        from,
        to,
        source,
        createdAt,
      ),
    ),
  );
  let rowsWritten = 0;
  for (let first = 0; first < statements.length; first += STATEMENTS_PER_BATCH) {
    const results = await db.batch(statements.slice(first, first + STATEMENTS_PER_BATCH));
    rowsWritten += results.reduce((sum, { meta }) => sum + meta.rows_written, 0);
  }
  return rowsWritten;
}
