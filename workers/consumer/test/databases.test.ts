import { env } from "cloudflare:workers";
import {
  allDatabases,
  bindDatabases,
  databasesOf,
  joinDatabases,
  ownerOf,
} from "@candlehouse/shared/d1/databases";
import { readProgress } from "@candlehouse/shared/d1/collection-table";
import { readMonth } from "@candlehouse/shared/d1/read-cost";
import { beforeEach, describe, expect, test } from "vitest";
import { emptyDatabases, freshBinding, SYMBOLS, THREE } from "./several.ts";

const MONTH = { start: 0, end: 3_600 } as const;

beforeEach(() => emptyDatabases(...THREE));

/** Adds a series to one database, as an older version or another number of databases would. */
async function addSeries(db: D1Database): Promise<void> {
  await db
    .prepare(
      "INSERT INTO series (source, symbol, timeframe, native_symbol, tier) VALUES ('binance', 'BTC-USDT', '1m', 'BTCUSDT', 1)",
    )
    .run();
}

/** The bindings of a Worker, of an isolate of its own, to `databases`. */
function bindingsOf(databases: readonly D1Database[], count?: string) {
  const [DB = env.DB, ...others] = databases.map((db) => freshBinding(db));
  const named = others.map((db, index) => [`DB_${index + 1}`, db] as const);
  return { DB, ...Object.fromEntries(named), ...(count === undefined ? {} : { D1_SHARDS: count }) };
}

describe("the databases of a Worker", () => {
  test.each([
    ["no number", [env.DB], undefined],
    ["one", [env.DB], "1"],
    ["nothing", [env.DB], ""],
  ])("are its only one, without a mark, where D1_SHARDS says %s", async (_, databases, count) => {
    const bindings = bindingsOf(databases, count);
    const db = databasesOf(bindings);
    expect(allDatabases(db)).toEqual([db]);
    expect(await readProgress(db)).toEqual([]);
    expect(await env.DB.prepare("SELECT * FROM shard").first()).toBeNull();
    const bound = bindDatabases(bindings);
    expect(bound.DB).toBe(db);
    expect(databasesOf(bound)).toBe(db);
  });

  test("are looked at once, and then used as they are", async () => {
    const asked: string[] = [];
    const prepare = (sql: string) => {
      asked.push(sql);
      return env.DB.prepare(sql);
    };
    const db = databasesOf({ DB: freshBinding(env.DB, { prepare }) });
    const ask = "SELECT COUNT(*) AS rows FROM jobs";
    await db.prepare(ask).first("rows");
    await db.batch([db.prepare(ask), db.prepare(ask).bind()]);
    await db.prepare(ask).bind().all();
    expect(asked.filter((sql) => sql !== ask)).toEqual(["SELECT number, count FROM shard"]);
  });

  test.each([
    ["3 of two", THREE.slice(0, 2), "3"],
    ["2 of three", THREE, "2"],
    ["1 of three", THREE, "1"],
    ["no number of three", THREE, undefined],
    ["0", [env.DB], "0"],
    ["101", [env.DB], "101"],
    ["some", [env.DB], "some"],
  ])("refuse every call where D1_SHARDS says %s", async (_, databases, count) => {
    const db = databasesOf(bindingsOf(databases, count));
    const refused = { code: "storage_unavailable", message: expect.stringContaining("D1_SHARDS") };
    expect(() => db.prepare("SELECT 1")).toThrow(expect.objectContaining(refused));
    await expect(readProgress(db)).rejects.toMatchObject(refused);
    await expect(db.batch([env.DB.prepare("SELECT 1")])).rejects.toMatchObject(refused);
  });

  test("are marked when they are used first, and hold what they hold", async () => {
    const db = databasesOf(bindingsOf(THREE, "3"));
    expect(await readProgress(db)).toEqual([]);
    for (const [number, one] of THREE.entries()) {
      const row = await one.prepare("SELECT number, count FROM shard").first();
      expect(row).toEqual({ number, count: 3 });
    }
  });

  test.each([
    ["another number", [0, 1], "database 0 of 3"],
    ["another order", [1, 0, 2], "DB is database 1 of 3"],
  ])("refuse calls where they are bound in %s", async (_, order, words) => {
    await readProgress(databasesOf(bindingsOf(THREE, "3")));
    const bound = order.flatMap((place) => THREE.slice(place, place + 1));
    const db = databasesOf(bindingsOf(bound, String(bound.length)));
    await expect(readProgress(db)).rejects.toMatchObject({
      code: "storage_unavailable",
      message: expect.stringContaining(words),
    });
    await expect(readMonth(db, MONTH)).rejects.toMatchObject({ code: "storage_unavailable" });
  });

  test("refuse calls where the first held series as the only one", async () => {
    await addSeries(env.FIRST_DB);
    const db = databasesOf(bindingsOf(THREE, "3"));
    await expect(readProgress(db)).rejects.toThrow("Deploy with D1_SHARDS 1");
    expect(await env.FIRST_DB.prepare("SELECT * FROM shard").first()).toBeNull();
  });

  test("refuse calls where one of three is bound alone", async () => {
    await readProgress(databasesOf(bindingsOf(THREE, "3")));
    for (const [number, one] of THREE.entries()) {
      const { DB: alone } = bindDatabases(bindingsOf([one], "1"));
      const refused = {
        code: "storage_unavailable",
        message: expect.stringContaining(
          `DB is database ${number} of 3, but this Worker knows one`,
        ),
      };
      await expect(readProgress(alone)).rejects.toMatchObject(refused);
      await expect(readMonth(alone, MONTH)).rejects.toMatchObject(refused);
      await expect(alone.batch([alone.prepare("DELETE FROM jobs")])).rejects.toThrow(
        "Deploy with D1_SHARDS 3",
      );
    }
  });

  test("take no statement about series that does not say which is meant", async () => {
    const db = joinDatabases(THREE);
    expect(() => db.prepare("SELECT 1 FROM price_data")).toThrow("which of 3 databases");
    expect(() => db.prepare("UPDATE series SET tier = 1")).toThrow("which of 3 databases");
    const [symbol = ""] = SYMBOLS.slice(1);
    const owner = ownerOf(db, { source: "binance", symbol, timeframe: "1m" });
    expect(await owner.prepare("SELECT COUNT(*) AS rows FROM price_data").first("rows")).toBe(0);
    expect(await db.prepare("SELECT COUNT(*) AS rows FROM jobs").first("rows")).toBe(0);
  });
});
