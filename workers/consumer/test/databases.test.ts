import { env } from "cloudflare:workers";
import {
  assertComplete,
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
  ])("are its only one, as it is, where D1_SHARDS says %s", (_, databases, count) => {
    const bindings = bindingsOf(databases, count);
    expect(databasesOf(bindings)).toBe(bindings.DB);
    expect(bindDatabases(bindings)).toBe(bindings);
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
    await expect(assertComplete(db)).rejects.toMatchObject(refused);
  });

  test("are marked when they are used first, and hold what they hold", async () => {
    const db = databasesOf(bindingsOf(THREE, "3"));
    expect(await readProgress(db)).toEqual([]);
    await assertComplete(db);
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

  test("are known to be three by who writes to one of them alone", async () => {
    await readProgress(databasesOf(bindingsOf(THREE, "3")));
    const alone = databasesOf(bindingsOf([env.FIRST_DB]));
    await expect(assertComplete(alone)).rejects.toThrow("Deploy with D1_SHARDS 3");
    await assertComplete(databasesOf(bindingsOf([env.DB])));
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
