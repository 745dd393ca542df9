import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { readKnownSeries, readProgress, readStored } from "@candlehouse/shared/d1/collection-table";

const NEWEST = 1_795_348_800;
const ROWS = 20_000;
/** Of a series whose candles are all in the archive: the newest of them. */
const ARCHIVED = Date.UTC(2026, 8, 12) / 1_000;

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
     VALUES ('binance', 'BTC-USDT', '1m', 'BTCUSDT', 1), ('binance', 'NEW-USDT', '1m', 'NEWUSDT', 2),
       ('binance', 'OLD-USDT', '1m', 'OLDUSDT', 2)`,
  ).run();
  await env.DB.prepare(
    `INSERT INTO archive_files (source, symbol, timeframe, partition, key, state, format, rows,
       first_timestamp, last_timestamp, bytes, footer_length, content_hash, file_hash, footer_hash,
       day_counts, created_at)
     SELECT 'binance', value->>0, '1m', value->>1, value->>2, value->>3, 1, 1, value->>4, value->>4, 1, 1,
       '', '', '', '[]', 0 FROM json_each(?1)`,
  )
    .bind(
      JSON.stringify([
        ["OLD-USDT", "2026-08", "a", "current", ARCHIVED - 60],
        ["OLD-USDT", "2026-09", "b", "current", ARCHIVED],
        ["OLD-USDT", "2026-09", "c", "replaced", ARCHIVED + 60],
        ["BTC-USDT", "2026-09", "d", "current", ARCHIVED],
      ]),
    )
    .run();
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
    ["OLD-USDT", ARCHIVED],
  ]);
  // And the archived one's files, from the newest to the first that is current.
  expect(rowsRead()).toBeLessThanOrEqual(2 * progress.length + 2);
});

test("a late candle of a rested series does not move its newest one back", async () => {
  const series = { source: "binance", symbol: "LATE-USDT", timeframe: "1m" } as const;
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO price_data (source, symbol, timeframe, timestamp, open, high, low, close)
       VALUES ('binance', 'LATE-USDT', '1m', ?1, 1, 1, 1, 1)`,
    ).bind(ARCHIVED - 600),
    env.DB.prepare(
      `INSERT INTO archive_files SELECT source, 'LATE-USDT', timeframe, partition, 'late', state, format,
         rows, first_timestamp, last_timestamp, bytes, footer_length, content_hash, file_hash,
         footer_hash, day_counts, created_at, replaced_at, verified_at, damage
       FROM archive_files WHERE key = 'b'`,
    ),
  ]);
  expect(await readKnownSeries(env.DB, series)).toMatchObject({ watermark: ARCHIVED });
});

test("a series that rested until all its candles were archived is not taken for a new one", async () => {
  const series = { source: "binance", symbol: "OLD-USDT", timeframe: "1m" } as const;
  expect(await readKnownSeries(env.DB, series)).toEqual({
    nativeSymbol: "OLDUSDT",
    collected: true,
    watermark: ARCHIVED,
  });
});
