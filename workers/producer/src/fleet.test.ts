import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import file from "../fleet.json" with { type: "json" };
import { expandFleet, seedStatement, type FleetSeries } from "./fleet.ts";

/** Runs the seed as a start does: statement by statement. */
async function seed(series: readonly FleetSeries[]): Promise<void> {
  const statements = seedStatement(series)
    .split(/;\n/)
    .filter((text) => text !== "");
  await env.DB.batch(statements.map((statement) => env.DB.prepare(statement)));
}

describe("expandFleet", () => {
  test("makes of the default file thirteen tokens times each source's timeframes", () => {
    const series = expandFleet(file);
    const bySource = Object.entries(Object.groupBy(series, ({ source }) => source));
    expect(Object.fromEntries(bySource.map(([source, list]) => [source, list?.length]))).toEqual({
      binance: 65,
      kraken: 65,
      coinbase: 65,
      cryptocompare: 39,
      coingecko: 13,
    });
    expect(series).toContainEqual({
      source: "kraken",
      symbol: "BTC-USD",
      timeframe: "1m",
      nativeSymbol: "XBTUSD",
      tier: 1,
    });
  });

  test("refuses a timeframe that a source does not serve, and names it", () => {
    const wrong = {
      tiers: { "1": ["BTC"] },
      sources: { coingecko: { quote: "USD", timeframes: ["1m"] } },
    };
    expect(() => expandFleet(wrong)).toThrow('the fleet file asks coingecko for "BTC-USD:1m"');
  });

  test("refuses a token that is given a tier twice", () => {
    const wrong = { tiers: { "1": ["BTC"], "2": ["ETH", "BTC"] }, sources: {} };
    expect(() => expandFleet(wrong)).toThrow('the fleet file gives "BTC" a tier twice');
  });

  test("refuses an unknown source, tier or field", () => {
    const right = { tiers: {}, sources: {} };
    expect(expandFleet(right)).toEqual([]);
    expect(() => expandFleet({ ...right, sources: { mtgox: {} } })).toThrow("mtgox");
    expect(() => expandFleet({ ...right, tiers: { "5": ["BTC"] } })).toThrow("5");
    expect(() => expandFleet({ ...right, more: 1 })).toThrow("more");
  });
});

describe("seedStatement", () => {
  test("adds the series of the default file, and its tokens with their tiers by hand", async () => {
    const series = expandFleet(file);
    await seed(series);
    const { results } = await env.DB.prepare(
      "SELECT source, symbol, timeframe, native_symbol AS nativeSymbol, tier FROM series",
    ).all();
    expect(new Set(results.map((row) => JSON.stringify(row)))).toEqual(
      new Set(series.map((row) => JSON.stringify(row))),
    );
    const assets = await env.DB.prepare(
      "SELECT tier, assigned, COUNT(*) AS count FROM assets GROUP BY 1, 2 ORDER BY 1",
    ).all();
    expect(assets.results).toEqual([
      { tier: 1, assigned: "hand", count: 7 },
      { tier: 2, assigned: "hand", count: 6 },
    ]);
    const bitcoin = await env.DB.prepare(
      "SELECT name, category, aliases FROM assets WHERE ticker = 'BTC'",
    ).first();
    expect(bitcoin).toEqual({ name: "Bitcoin", category: "CRYPTO", aliases: '["XBT"]' });
  });

  test("leaves rows that are there alone, and gives a new series the tier of its asset", async () => {
    const series = expandFleet(file);
    await seed(series);
    await env.DB.batch([
      env.DB.prepare("UPDATE assets SET tier = 3 WHERE ticker = 'BTC'"),
      env.DB.prepare("UPDATE series SET enabled = 0, tier = 4 WHERE symbol = 'ETH-USDT'"),
      env.DB.prepare("DELETE FROM series WHERE symbol = 'BTC-USDT'"),
    ]);
    await seed(series);
    const { results } = await env.DB.prepare(
      `SELECT symbol, tier, enabled, COUNT(*) AS count FROM series
       WHERE symbol IN ('BTC-USDT', 'ETH-USDT') GROUP BY 1, 2, 3 ORDER BY 1`,
    ).all();
    expect(results).toEqual([
      { symbol: "BTC-USDT", tier: 3, enabled: 1, count: 5 },
      { symbol: "ETH-USDT", tier: 4, enabled: 0, count: 5 },
    ]);
  });

  test("quotes what a name may hold", async () => {
    const nativeSymbol = "A'B\"C";
    await seed([{ source: "kraken", symbol: "ODD-USD", timeframe: "1h", nativeSymbol, tier: 2 }]);
    const row = env.DB.prepare("SELECT native_symbol FROM series WHERE symbol = 'ODD-USD'");
    expect(await row.first("native_symbol")).toBe(nativeSymbol);
  });
});
