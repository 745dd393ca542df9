import { env } from "cloudflare:workers";
import type { Candle } from "@candlehouse/shared/core/candle";
import { StorageUnavailableError } from "@candlehouse/shared/core/errors";
import { overlay } from "@candlehouse/shared/core/overlay";
import type { Series } from "@candlehouse/shared/core/series";
import {
  deleteArchived,
  listHotPartitions,
  listHotSeries,
  readHotPage,
  recordRevisions,
} from "@candlehouse/shared/d1/hot-candles";
import { isSeriesKnown } from "@candlehouse/shared/d1/known-series";
import { JSON_BYTES_MAX } from "@candlehouse/shared/d1/store-candles";
import { beforeEach, describe, expect, test } from "vitest";
import {
  candleAt,
  candlesAt,
  OCTOBER,
  PARTITION,
  putHot,
  readRevisions,
  seriesOf,
} from "./warehouse.ts";

beforeEach(async () => {
  await env.DB.batch([
    env.DB.prepare("DELETE FROM price_data"),
    env.DB.prepare("DELETE FROM candle_revisions"),
    env.DB.prepare("DELETE FROM archive_files"),
  ]);
  await putFile("current");
});

/** `db`, and the length of the longest text that was bound to one of its statements. */
function watchingTexts(db: D1Database): {
  readonly db: D1Database;
  readonly longest: () => number;
} {
  let longest = 0;
  const prepare = (sql: string): D1PreparedStatement => {
    const statement = db.prepare(sql);
    const bind = (...values: unknown[]): D1PreparedStatement => {
      const texts = values.filter((value) => typeof value === "string");
      longest = Math.max(longest, ...texts.map(({ length }) => length));
      return statement.bind(...values);
    };
    return overlay(statement, { bind });
  };
  return { db: overlay(db, { prepare }), longest: () => longest };
}

/** The file of which candles are deleted; only that it is the current one matters. */
const FILE = { partition: PARTITION, key: "candles/a.parquet" };

async function putFile(state: string): Promise<void> {
  await env.DB.prepare(
    `INSERT OR REPLACE INTO archive_files (source, symbol, timeframe, partition, key, state, format, rows,
       first_timestamp, last_timestamp, bytes, footer_length, content_hash, file_hash, footer_hash,
       day_counts, created_at)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, 1, 0, 0, 1, 1, '', '', '', '[]', 0)`,
  )
    .bind(MINUTES.source, MINUTES.symbol, MINUTES.timeframe, FILE.partition, FILE.key, state)
    .run();
}

function at(timestamp: number): Candle {
  return { ...candleAt(1), timestamp };
}

const MINUTES = seriesOf("AAA");
const HOURS: Series = { source: "kraken", symbol: "AAA-USDT", timeframe: "1h" };

describe("hot candles", () => {
  test("are found series by series, by seeks", async () => {
    expect(await listHotSeries(env.DB)).toEqual([]);
    const other: Series = { ...MINUTES, symbol: "BBB-USDT", timeframe: "1M" };
    await putHot(MINUTES, candlesAt(0, 5_000));
    await putHot(other, [at(OCTOBER)]);
    await putHot({ ...other, timeframe: "1d" }, [at(OCTOBER), at(OCTOBER + 86_400)]);
    await putHot(HOURS, [at(OCTOBER + 3_600)]);
    expect(await listHotSeries(env.DB)).toEqual([
      { series: MINUTES, oldest: OCTOBER, newest: OCTOBER + 4_999 * 60 },
      { series: other, oldest: OCTOBER, newest: OCTOBER },
      { series: { ...other, timeframe: "1d" }, oldest: OCTOBER, newest: OCTOBER + 86_400 },
      { series: HOURS, oldest: OCTOBER + 3_600, newest: OCTOBER + 3_600 },
    ]);
    // Some rows a series, of the 5,004 that there are.
    expect(await rowsReadBy((db) => listHotSeries(db))).toBeLessThan(100);
  });

  test("are found partition by partition, without looking at those between", async () => {
    const long = 120 * 31 * 86_400;
    const until = OCTOBER + 20 * 86_400;
    await putHot(MINUTES, [at(OCTOBER - long), at(OCTOBER - 60), ...candlesAt(0, 3), at(until)]);
    await putHot(HOURS, [at(Date.UTC(2025, 11, 31, 23) / 1_000), at(OCTOBER)]);
    const ranges = (await listHotSeries(env.DB)).filter(({ oldest }) => oldest < until);
    expect(await listHotPartitions(env.DB, ranges, until)).toEqual([
      { series: MINUTES, oldest: OCTOBER - long, newest: OCTOBER - long },
      { series: MINUTES, oldest: OCTOBER - 60, newest: OCTOBER - 60 },
      { series: MINUTES, oldest: OCTOBER, newest: OCTOBER + 120 },
      ...[Date.UTC(2025, 11, 31, 23) / 1_000, OCTOBER].map((timestamp) => ({
        series: HOURS,
        oldest: timestamp,
        newest: timestamp,
      })),
    ]);
  });

  test("are listed of more series than one statement can name", async () => {
    const ranges = Array.from({ length: 50_000 }, (_, index) => ({
      series: { ...MINUTES, symbol: `COIN${String(index).padStart(6, "0")}-USDT` },
      oldest: OCTOBER,
      newest: OCTOBER,
    }));
    const [first, last] = [ranges[0], ranges.at(-1)];
    await putHot(first?.series ?? MINUTES, candlesAt(0, 2));
    await putHot(last?.series ?? MINUTES, candlesAt(0, 2));
    const { db, longest } = watchingTexts(env.DB);
    const found = await listHotPartitions(db, ranges, OCTOBER + 60);
    expect(found).toHaveLength(50_000);
    expect([found[0], found.at(-1)]).toEqual([first, last]);
    expect(longest()).toBeLessThan(JSON_BYTES_MAX);
  });

  test("are read in pages, in order", async () => {
    await putHot(MINUTES, candlesAt(0, 50));
    const page = await readHotPage(env.DB, MINUTES, OCTOBER + 60, OCTOBER + 40 * 60, 20);
    expect(page).toEqual(candlesAt(1, 21));
  });

  test("are deleted where a file holds the same values, and stay where it does not", async () => {
    await putHot(MINUTES, candlesAt(0, 100));
    const file = candlesAt(0, 90).map((candle, index) =>
      index % 10 === 0 ? { ...candle, volume_to: "0.12345678901234567" } : candle,
    );
    expect(await deleteArchived(env.DB, MINUTES, file, FILE)).toBe(81);
    expect(await deleteArchived(env.DB, MINUTES, file, FILE)).toBe(0);
    const left = await readHotPage(env.DB, MINUTES, OCTOBER, OCTOBER + 100 * 60, 100);
    expect(left).toEqual(candlesAt(0, 100).filter((_, index) => index % 10 === 0 || index >= 90));
  });

  test("are deleted where a revision holds their values", async () => {
    await putHot(MINUTES, [candleAt(3, 2)]);
    expect(await deleteArchived(env.DB, MINUTES, [candleAt(3, 1)], FILE)).toBe(0);
    await recordRevisions(env.DB, MINUTES, [candleAt(3, 2)], 5_000);
    expect(await deleteArchived(env.DB, MINUTES, [candleAt(3, 1)], FILE)).toBe(1);
  });

  test("stay where the file is not the current one any more", async () => {
    await putHot(MINUTES, candlesAt(0, 3));
    await putFile("replaced");
    await expect(deleteArchived(env.DB, MINUTES, candlesAt(0, 3), FILE)).rejects.toThrow(
      StorageUnavailableError,
    );
    expect(await readHotPage(env.DB, MINUTES, OCTOBER, OCTOBER + 999, 9)).toEqual(candlesAt(0, 3));
  });

  test("are deleted where they hold a double beyond 2^53, the digits of which JSON rounds", async () => {
    const volume = 1_234_567_890_123_456_768;
    expect(JSON.stringify(volume)).toBe("1234567890123456800");
    await putReal(candleAt(3, 1), volume);
    expect(await deleteArchived(env.DB, MINUTES, [candleAt(3, 1)], FILE)).toBe(0);
    expect(await deleteArchived(env.DB, MINUTES, [candleAt(3, volume)], FILE)).toBe(1);

    await putReal(candleAt(3, 1), volume);
    expect(await recordRevisions(env.DB, MINUTES, [candleAt(3, volume)], 5_000)).toBe(1);
    expect(await recordRevisions(env.DB, MINUTES, [candleAt(3, volume)], 6_000)).toBe(0);
    expect(await deleteArchived(env.DB, MINUTES, [candleAt(3, 1)], FILE)).toBe(1);
  });

  test("of other series with the same times are left alone", async () => {
    const other = seriesOf("OTHER");
    await putHot(other, candlesAt(0, 3));
    expect(await deleteArchived(env.DB, MINUTES, candlesAt(0, 3), FILE)).toBe(0);
    expect(await isSeriesKnown(env.DB, other)).toBe(true);
    expect(await isSeriesKnown(env.DB, seriesOf("NOBODY"))).toBe(false);
  });
});

/** A candle as it was taken over from a database whose columns were REAL. */
async function putReal(candle: Candle, volume: number): Promise<void> {
  await putHot(MINUTES, [candle]);
  await env.DB.prepare("UPDATE price_data SET volume_from = CAST(?1 AS REAL)").bind(volume).run();
  const [row] = await readHotPage(env.DB, MINUTES, OCTOBER, OCTOBER + 86_400, 1);
  expect(row?.volume_from).toBe(volume);
}

describe("revisions of archived candles", () => {
  test("are recorded once", async () => {
    const different = [candleAt(3, 7), candleAt(5, 8)];
    expect(await recordRevisions(env.DB, MINUTES, different, 1_000)).toBe(2);
    expect(await recordRevisions(env.DB, MINUTES, different, 9_000)).toBe(0);
    expect(await readRevisions(MINUTES)).toEqual(
      different.map((candle) => ({ ...candle, seen_at_ms: 1_000 })),
    );
  });

  test("of the same time do not push each other out", async () => {
    for (const volume of [2, 3, 4]) {
      expect(await recordRevisions(env.DB, MINUTES, [candleAt(3, volume)], 1_000)).toBe(1);
    }
    const revisions = await readRevisions(MINUTES);
    expect(revisions.map(({ seen_at_ms, volume_from }) => [seen_at_ms, volume_from])).toEqual([
      [1_000, 2],
      [1_001, 3],
      [1_002, 4],
    ]);
  });
});

/** How many rows D1 bills for what `read` reads. */
async function rowsReadBy(read: (db: D1Database) => Promise<unknown>): Promise<number> {
  let rowsRead = 0;
  const prepare = (sql: string) => ({
    all: async () => {
      const result = await env.DB.prepare(sql).all();
      rowsRead += result.meta.rows_read;
      return result;
    },
  });
  await read({ prepare } as unknown as D1Database);
  return rowsRead;
}
