import { env } from "cloudflare:workers";
import { readKnownSeries } from "@candlehouse/shared/d1/collection-table";
import { readMarkets } from "@candlehouse/shared/d1/markets";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { done, refused } from "./ask.ts";

const MATIC = { source: "binance", symbol: "MATIC-USDT" } as const;
const UNKNOWN = { valid_from: null, valid_until: null, successor: null };

beforeEach(async () => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  await env.DB.batch([env.DB.prepare("DELETE FROM series"), env.DB.prepare("DELETE FROM markets")]);
});

async function natives(): Promise<unknown> {
  const { results } = await env.DB.prepare(
    "SELECT symbol, native_symbol FROM series ORDER BY source, symbol, timeframe",
  ).all<{ symbol: string; native_symbol: string }>();
  return results.map((row) => [row.symbol, row.native_symbol]);
}

describe("PUT /v1/markets", () => {
  test("tells when a market was there and who took its place", async () => {
    const order = {
      ...MATIC,
      valid_from: "2019-04-26",
      valid_until: "2024-09-10T03:00:00Z",
      successor: "POL-USDT",
    };
    const market = {
      ...MATIC,
      native_symbol: "MATICUSDT",
      valid_from: Date.UTC(2019, 3, 26) / 1_000,
      valid_until: Date.UTC(2024, 8, 10, 3) / 1_000,
      successor: "POL-USDT",
    };
    expect(await done("PUT", "/v1/markets", order)).toEqual({
      market,
      series_changed: 0,
      message: "binance:MATIC-USDT is called MATICUSDT.",
    });
    expect((await readMarkets(env.DB, {})).rows).toEqual([market]);
    await done("PUT", "/v1/markets", { ...MATIC, valid_until: null });
    expect((await readMarkets(env.DB, MATIC)).rows).toEqual([{ ...market, valid_until: null }]);
  });

  test("gives a market another name, under which its series are asked for", async () => {
    const series = ["kraken:BTC-USD:1h", "kraken:BTC-USD:1d", "kraken:ETH-USD:1h"];
    await done("POST", "/v1/series", { series });
    await env.DB.prepare("UPDATE series SET failure_count = 3, retry_at = 2000000000").run();
    const order = { source: "kraken", symbol: "XBT-USD", native_symbol: "XXBTZUSD" };
    expect(await done("PUT", "/v1/markets", order)).toEqual({
      market: { ...order, ...UNKNOWN, symbol: "BTC-USD" },
      series_changed: 2,
      message: "kraken:BTC-USD is called XXBTZUSD. 2 series of it are asked for by that name now.",
    });
    expect(await done("PUT", "/v1/markets", order)).toMatchObject({ series_changed: 0 });
    expect(await natives()).toEqual([
      ["BTC-USD", "XXBTZUSD"],
      ["BTC-USD", "XXBTZUSD"],
      ["ETH-USD", "ETHUSD"],
    ]);
    const waiting = "SELECT symbol, failure_count FROM series WHERE retry_at IS NOT NULL";
    expect((await env.DB.prepare(waiting).all()).results).toEqual([
      { symbol: "ETH-USD", failure_count: 3 },
    ]);
  });

  test("keeps the name that a market's series were given", async () => {
    const series = "kraken:ODD-USD:1h";
    await done("POST", "/v1/series", { series, native_symbol: "ODDXUSD" });
    const order = { source: "kraken", symbol: "ODD-USD", valid_from: 1_600_000_000 };
    expect(await done("PUT", "/v1/markets", order)).toMatchObject({
      market: { native_symbol: "ODDXUSD", valid_from: 1_600_000_000 },
      series_changed: 0,
    });
    expect(await natives()).toEqual([["ODD-USD", "ODDXUSD"]]);
  });

  test("names a market that is fetched by hand before anybody collects it", async () => {
    const series = { source: "binance", symbol: "BTC-USD", timeframe: "1h" } as const;
    expect(await readKnownSeries(env.DB, series)).toMatchObject({ nativeSymbol: null });
    await done("PUT", "/v1/markets", {
      source: "binance",
      symbol: "BTC-USD",
      native_symbol: "BTCX",
    });
    expect(await readKnownSeries(env.DB, series)).toMatchObject({
      nativeSymbol: "BTCX",
      collected: false,
    });
  });

  test.each([
    [{}, "source", "one of binance"],
    [{ ...MATIC, source: "mtgox", native_symbol: "X" }, "source", "one of binance"],
    [{ source: "binance", native_symbol: "X" }, "symbol", "BASE-QUOTE"],
    [{ ...MATIC, symbol: "matic-usdt", native_symbol: "X" }, "symbol", "BASE-QUOTE"],
    [MATIC, "body", "one of native_symbol"],
    [{ ...MATIC, native_symbol: "" }, "native_symbol", "up to 64 characters"],
    [{ ...MATIC, native_symbol: null }, "native_symbol", "up to 64 characters"],
    [
      { source: "binance", symbol: "BTC-USD", valid_from: 1_600_000_000 },
      "native_symbol",
      "no rule for BTC-USD",
    ],
    [{ ...MATIC, successor: "POL" }, "successor", "BASE-QUOTE"],
    [{ ...MATIC, successor: "" }, "successor", "BASE-QUOTE"],
    [{ ...MATIC, successor: "MATIC-USDT" }, "successor", "another symbol"],
    [{ ...MATIC, valid_from: "2024-09-10", valid_until: "2019-04-26" }, "valid_until", "after"],
    [{ ...MATIC, native_symbol: "X", ratio: 1 }, "ratio", "there are source"],
  ])("refuses %j", async (order, parameter, detail) => {
    const problem = await refused("PUT", "/v1/markets", order);
    expect(problem).toMatchObject({ status: 400, code: "invalid_input", parameter });
    expect(problem.detail).toContain(detail);
    expect((await readMarkets(env.DB, {})).rows).toEqual([]);
  });
});

test("all markets are those that were told of and those that have series, each once", async () => {
  const series = ["kraken:BTC-USD:1h", "kraken:BTC-USD:1d", "binance:MATIC-USDT:1m"];
  await done("POST", "/v1/series", { series });
  await done("PUT", "/v1/markets", { ...MATIC, native_symbol: "MATICUSDT", successor: "POL-USDT" });
  await done("PUT", "/v1/markets", { source: "coinbase", symbol: "A-USD", native_symbol: "A-USD" });
  const { rows } = await readMarkets(env.DB, {});
  expect(rows).toEqual([
    { ...MATIC, native_symbol: "MATICUSDT", ...UNKNOWN, successor: "POL-USDT" },
    { source: "coinbase", symbol: "A-USD", native_symbol: "A-USD", ...UNKNOWN },
    { source: "kraken", symbol: "BTC-USD", native_symbol: "XBTUSD", ...UNKNOWN },
  ]);
  expect((await readMarkets(env.DB, { source: "kraken" })).rows).toEqual(rows.slice(2));
  expect((await readMarkets(env.DB, { symbol: "A-USD" })).rows).toEqual(rows.slice(1, 2));
  expect((await readMarkets(env.DB, { source: "kraken", symbol: "A-USD" })).rows).toEqual([]);
});
