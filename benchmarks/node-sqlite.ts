import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { benchCandle } from "./candles.ts";

/**
 * Seconds that SQLite itself takes to store `candles` rows: a prepared statement, one transaction,
 * our table, on disk with a write-ahead log. No Worker, no message, no check: the limit.
 */
export function measureNodeSqlite(candles: number): number {
  const folder = mkdtempSync(join(tmpdir(), "candlehouse-bench-"));
  const db = new DatabaseSync(join(folder, "candles.sqlite"));
  try {
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    db.exec(`CREATE TABLE price_data (
      source TEXT NOT NULL, symbol TEXT NOT NULL, timeframe TEXT NOT NULL,
      timestamp INTEGER NOT NULL, open ANY NOT NULL, high ANY NOT NULL, low ANY NOT NULL,
      close ANY NOT NULL, volume_from ANY, volume_to ANY, trades INTEGER,
      PRIMARY KEY (source, symbol, timeframe, timestamp)
    ) STRICT, WITHOUT ROWID`);
    const insert = db.prepare(
      "INSERT OR IGNORE INTO price_data VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    const rows = Array.from({ length: candles }, (_, index) => benchCandle(index));
    const started = performance.now();
    db.exec("BEGIN");
    for (const row of rows) {
      insert.run("binance", ...row);
    }
    db.exec("COMMIT");
    return (performance.now() - started) / 1_000;
  } finally {
    db.close();
    rmSync(folder, { recursive: true });
  }
}
