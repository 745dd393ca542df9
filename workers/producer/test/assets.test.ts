import { env } from "cloudflare:workers";
import { tableAsset } from "@candlehouse/shared/core/asset-table";
import { readAssets } from "@candlehouse/shared/d1/assets";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { done, refused } from "./ask.ts";

beforeEach(async () => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  await env.DB.batch([env.DB.prepare("DELETE FROM series"), env.DB.prepare("DELETE FROM assets")]);
});

async function tiers(): Promise<Record<string, number>> {
  const { results } = await env.DB.prepare(
    "SELECT source || ':' || symbol || ':' || timeframe AS name, tier FROM series ORDER BY 1",
  ).all<{ name: string; tier: number }>();
  return Object.fromEntries(results.map(({ name, tier }) => [name, tier]));
}

async function assetOf(ticker: string): Promise<object | undefined> {
  return (await readAssets(env.DB)).rows.find((asset) => asset.ticker === ticker);
}

describe("PUT /v1/assets/{ticker}", () => {
  test("gives a tier by hand, and the asset's series follow at once", async () => {
    const series = ["kraken:BTC-USD:1h", "binance:BTC-USDT:1m", "kraken:ETH-BTC:1h"];
    await done("POST", "/v1/series", { series });
    await done("POST", "/v1/series", { series: "binance:BTCX-USDT:1m" });
    const asset = { ...tableAsset("BTC"), tier: 2, assigned: "hand" };
    expect(await done("PUT", "/v1/assets/BTC", { tier: 2 })).toEqual({
      asset,
      series_changed: 2,
      message: "BTC is of tier 2. 2 series of it changed to this tier.",
    });
    expect(await assetOf("BTC")).toEqual(asset);
    expect(await tiers()).toEqual({
      "binance:BTC-USDT:1m": 2,
      "binance:BTCX-USDT:1m": 4,
      "kraken:BTC-USD:1h": 2,
      "kraken:ETH-BTC:1h": 1,
    });
    expect(await done("PUT", "/v1/assets/BTC", { tier: 2 })).toEqual({
      asset,
      series_changed: 0,
      message: "BTC is of tier 2.",
    });
  });

  test("takes the tier of the table back where it is null", async () => {
    await done("POST", "/v1/series", { series: "kraken:BTC-USD:1h" });
    await done("PUT", "/v1/assets/BTC", { tier: 4 });
    expect(await done("PUT", "/v1/assets/BTC", { tier: null })).toMatchObject({
      asset: tableAsset("BTC"),
      series_changed: 1,
    });
    expect(await tiers()).toEqual({ "kraken:BTC-USD:1h": 1 });
  });

  test("changes what it is given and leaves the rest", async () => {
    const told = {
      name: "Nobody's coin",
      category: "COMMODITY",
      aliases: ["NBC", "NBCOIN"],
      successor: "XBT",
      valid_from: "2020-01-01",
      valid_until: 1_700_000_000,
    };
    const asset = {
      ...told,
      ticker: "NOBODY",
      tier: 4,
      assigned: "table",
      successor: "BTC",
      valid_from: Date.UTC(2020, 0, 1) / 1_000,
    };
    expect(await done("PUT", "/v1/assets/NOBODY", told)).toMatchObject({ asset });
    expect(await assetOf("NOBODY")).toEqual(asset);
    await done("PUT", "/v1/assets/NOBODY", { tier: 3 });
    await done("PUT", "/v1/assets/NOBODY", { valid_until: null, successor: null, aliases: [] });
    expect(await assetOf("NOBODY")).toEqual({
      ...asset,
      tier: 3,
      assigned: "hand",
      valid_until: null,
      successor: null,
      aliases: [],
    });
  });

  test("leaves the tier of the series alone where none is given", async () => {
    await done("POST", "/v1/series", { series: "kraken:BTC-USD:1h" });
    await env.DB.prepare("UPDATE series SET tier = 3").run();
    await done("PUT", "/v1/assets/BTC", { name: "bitcoin" });
    expect(await tiers()).toEqual({ "kraken:BTC-USD:1h": 3 });
    expect(await assetOf("BTC")).toEqual({ ...tableAsset("BTC"), name: "bitcoin" });
  });

  test("is understood by an alias, and makes names that symbols may be given with", async () => {
    expect(await done("PUT", "/v1/assets/XBT", { aliases: ["XBT", "XXBT"] })).toMatchObject({
      asset: { ticker: "BTC" },
      message: "XBT is BTC here. BTC is of tier 1.",
    });
    expect(await done("POST", "/v1/series", { series: "kraken:XXBT-USD:1h" })).toMatchObject({
      added: ["kraken:BTC-USD:1h"],
    });
  });

  test.each([
    ["BTC", {}, "body", "one of name"],
    ["BTC", { tier: 0 }, "tier", "from 1 to 4"],
    ["BTC", { tier: 1.5 }, "tier", "from 1 to 4"],
    ["BTC", { category: "COIN" }, "category", "one of CRYPTO"],
    ["BTC", { name: "" }, "name", "1 to 100 characters"],
    ["BTC", { name: "x".repeat(101) }, "name", "1 to 100 characters"],
    ["BTC", { aliases: ["xbt"] }, "aliases", "upper case"],
    ["BTC", { aliases: "XBT" }, "aliases", "upper case"],
    ["BTC", { aliases: ["BTC"] }, "aliases", "other names than the ticker"],
    ["BTC", { aliases: ["BIT", "BIT"] }, "aliases", "each once"],
    ["BTC", { aliases: ["ETH"] }, "aliases", "ETH has that name"],
    ["BTC", { aliases: ["XDG"] }, "aliases", "DOGE has that name"],
    ["BTC", { aliases: Array.from({ length: 21 }, (_, i) => `A${i}`) }, "aliases", "up to 20"],
    ["BTC", { successor: "BTC" }, "successor", "another asset"],
    ["BTC", { successor: "XBT" }, "successor", "another asset"],
    ["BTC", { successor: "eth" }, "successor", "another asset"],
    ["BTC", { valid_from: "soon" }, "valid_from", "ISO 8601"],
    ["BTC", { valid_from: true }, "valid_from", "ISO 8601"],
    ["BTC", { valid_from: -1 }, "valid_from", "ISO 8601"],
    ["BTC", { valid_from: 1_700_000_000, valid_until: 1_700_000_000 }, "valid_until", "after"],
    ["MATIC", { valid_from: "2025-01-01" }, "valid_until", "after valid_from"],
    ["BTC", { price: 1 }, "price", "there are name"],
    ["btc", { tier: 1 }, "ticker", "upper case"],
    ["BTC-USD", { tier: 1 }, "ticker", "upper case"],
  ])("refuses %s %j", async (ticker, order, parameter, detail) => {
    const problem = await refused("PUT", `/v1/assets/${ticker}`, order);
    expect(problem).toMatchObject({ status: 400, code: "invalid_input", parameter });
    expect(problem.detail).toContain(detail);
    expect(await env.DB.prepare("SELECT COUNT(*) AS n FROM assets").first("n")).toBe(0);
  });
});

test("all assets are those of the table, those that were told, and those that have series", async () => {
  const series = ["massive:AAPL-USD:1d", "massive:XYZW-USD:1d", "kraken:NEWCOIN-USD:1h"];
  await done("POST", "/v1/series", { series });
  await done("PUT", "/v1/assets/ZZZ", { tier: 2 });
  const { rows } = await readAssets(env.DB);
  const tickers = rows.map(({ ticker }) => ticker);
  expect(tickers).toEqual(tickers.toSorted());
  expect(new Set(tickers).size).toBe(tickers.length);
  const unknown = { name: null, tier: 4, assigned: "table", successor: null };
  expect(rows).toContainEqual(tableAsset("AAPL"));
  expect(rows).toContainEqual(
    expect.objectContaining({ ticker: "ZZZ", tier: 2, assigned: "hand" }),
  );
  expect(await assetOf("XYZW")).toMatchObject({ ...unknown, category: "STOCK" });
  expect(await assetOf("NEWCOIN")).toMatchObject({ ...unknown, category: "CRYPTO" });
  expect(await assetOf("OLDCOIN")).toBeUndefined();
});
