import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";

const ROWS = 200_000;

const OLDER_SHAPE = [
  `CREATE TABLE price_data (
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
    created_at INTEGER DEFAULT (unixepoch()),
    UNIQUE (symbol, timestamp, timeframe, source)
  )`,
  "CREATE INDEX idx_price_data_series ON price_data (symbol, timeframe, timestamp)",
  "CREATE INDEX idx_price_data_source ON price_data (source)",
];

/**
 * Rows in an order that is no key's, with doubles of 17 digits, very small and very large ones,
 * whole numbers, and volumes that are not known.
 */
const FILL = `
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS - 1})
INSERT INTO price_data
  (symbol, timestamp, timeframe, open, high, low, close, volume_from, volume_to, source)
SELECT
  iif(i % 2, 'BTC-USDT', 'PEPE-USD'),
  1600000020 + ((i / 8) * 7919 % 25000) * 60,
  iif((i / 2) % 2, '1m', '1M'),
  CASE i % 5 WHEN 0 THEN 27500 WHEN 1 THEN i * 1e-9 + 1e-12 ELSE 20000 + i * 0.1234567890123 END,
  i / 3.0 + 1e15,
  i / 7.0,
  0.1 + 0.2 + i,
  iif(i % 11 = 0, NULL, i / 9.0),
  iif(i % 13 = 0, NULL, i * 12345.678901234567),
  iif((i / 4) % 2, 'kraken', 'cryptocompare')
FROM n`;

const VALUES = ["open", "high", "low", "close", "volume_from", "volume_to"];

/** SHA-256 of every row and value of `table`, and of every value's type, in the order of the key. */
async function digestRows(db: D1Database, table: string): Promise<{ rows: number; hash: string }> {
  const { results } = await db
    .prepare(`SELECT DISTINCT source, symbol, timeframe FROM ${table} ORDER BY 1, 2, 3`)
    .all<{ source: string; symbol: string; timeframe: string }>();
  let rows = 0;
  let hash = "";
  for (const { source, symbol, timeframe } of results) {
    const page = await db
      .prepare(
        `SELECT source, symbol, timeframe, timestamp, ${VALUES.join(", ")},
          ${VALUES.map((column) => `typeof(${column})`).join(" || ")}
        FROM ${table} WHERE symbol = ?1 AND timeframe = ?2 AND source = ?3 ORDER BY timestamp`,
      )
      .bind(symbol, timeframe, source)
      .raw();
    rows += page.length;
    const bytes = new TextEncoder().encode(hash + JSON.stringify(page));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    hash = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  return { rows, hash };
}

test(
  "a database of the older shape is taken over without losing or changing a row",
  { timeout: 60_000 },
  async () => {
    const db = env.OLDER_DB;
    await db.batch(OLDER_SHAPE.map((sql) => db.prepare(sql)));
    await db.prepare(FILL).run();
    const before = await digestRows(db, "price_data");
    expect(before.rows).toBe(ROWS);

    await applyD1Migrations(db, env.TEST_MIGRATIONS);
    expect(await digestRows(db, "price_data")).toEqual(before);
    expect(await digestRows(db, "price_data_before")).toEqual(before);
    const kept = await db
      .prepare(
        "SELECT COUNT(DISTINCT id) AS ids, COUNT(created_at) AS times FROM price_data_before",
      )
      .first();
    expect(kept).toEqual({ ids: ROWS, times: ROWS });
    const counts = await db
      .prepare("SELECT COUNT(*), source FROM price_data GROUP BY source")
      .all();
    expect(counts.results).toEqual([
      { "COUNT(*)": ROWS / 2, source: "cryptocompare" },
      { "COUNT(*)": ROWS / 2, source: "kraken" },
    ]);

    await applyD1Migrations(db, env.TEST_MIGRATIONS);
    expect(await digestRows(db, "price_data")).toEqual(before);
  },
);

test("a database with no table migrates too", async () => {
  await applyD1Migrations(env.NEW_DB, env.TEST_MIGRATIONS);
  await applyD1Migrations(env.NEW_DB, env.TEST_MIGRATIONS);
  expect(await digestRows(env.NEW_DB, "price_data")).toMatchObject({ rows: 0 });
});
