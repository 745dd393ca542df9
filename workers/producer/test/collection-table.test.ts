import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { readProgress, readStored } from "@candlehouse/shared/d1/collection-table";

const NEWEST = 1_795_348_800;
const ROWS = 20_000;

/** `db`, and the rows that its queries have read so far. */
function countingRows(db: D1Database): {
  readonly db: D1Database;
  readonly rowsRead: () => number;
} {
  let rowsRead = 0;
  const watchStatement = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name) {
        if (name === "all") {
          return async () => {
            const result = await target.all();
            rowsRead += result.meta.rows_read;
            return result;
          };
        }
        return (...values: unknown[]) => watchStatement(target.bind(...values));
      },
    });
  const watched = new Proxy(db, {
    get: (target) => (sql: string) => watchStatement(target.prepare(sql)),
  });
  return { db: watched, rowsRead: () => rowsRead };
}

beforeAll(async () => {
  const rows = Array.from({ length: ROWS }, (_, index) => NEWEST - index * 60);
  await env.DB.prepare(
    `INSERT INTO price_data (source, symbol, timeframe, timestamp, open, high, low, close)
     SELECT 'binance', 'BTC-USDT', '1m', value, 1, 1, 1, 1 FROM json_each(?1)`,
  )
    .bind(JSON.stringify(rows))
    .run();
  await env.DB.prepare(
    `INSERT INTO series (source, symbol, timeframe, native_symbol, tier)
     VALUES ('binance', 'BTC-USDT', '1m', 'BTCUSDT', 1), ('binance', 'NEW-USDT', '1m', 'NEWUSDT', 2)`,
  ).run();
});

test("reading stored candles touches those that are asked for and no others", async () => {
  const keys = [NEWEST, NEWEST - 60, NEWEST + 60].map((timestamp) => ({
    symbol: "BTC-USDT",
    timeframe: "1m" as const,
    timestamp,
  }));
  const { db, rowsRead } = countingRows(env.DB);
  const stored = await readStored(db, "binance", keys);
  expect(stored.map(({ timestamp }) => timestamp)).toEqual([NEWEST, NEWEST - 60]);
  expect(rowsRead()).toBeLessThanOrEqual(2 * keys.length);
});

test("reading how far all series are touches two rows a series", async () => {
  const { db, rowsRead } = countingRows(env.DB);
  const progress = await readProgress(db);
  expect(progress.map(({ symbol, watermark }) => [symbol, watermark])).toEqual([
    ["BTC-USDT", NEWEST],
    ["NEW-USDT", null],
  ]);
  expect(rowsRead()).toBeLessThanOrEqual(2 * progress.length);
});
