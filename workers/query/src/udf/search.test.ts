import { describe, expect, test } from "vitest";
import { searchMarkets, type SearchQuery } from "./search.ts";
import type { MarketName } from "../read-named-markets.ts";

const MARKETS: readonly MarketName[] = [
  { source: "kraken", symbol: "BTC-USD" },
  { source: "binance", symbol: "WBTC-BTC" },
  { source: "binance", symbol: "ETH-BTC" },
  { source: "binance", symbol: "BTC-USDT" },
  { source: "binance", symbol: "BTC-USDC" },
  { source: "coinbase", symbol: "BTC-USD" },
  { source: "binance", symbol: "BCH-USDT" },
  { source: "massive", symbol: "AAPL-USD" },
  { source: "binance", symbol: "ETH-USDT" },
  { source: "binance", symbol: "XYZ-USDT" },
];

function found(query: string, more: Partial<SearchQuery> = {}): string[] {
  const wanted = { query, type: "", exchange: "", limit: 30, ...more };
  return searchMarkets(MARKETS, wanted).map(({ ticker }) => ticker);
}

describe("a search", () => {
  test("has first what is called just so, then what begins so, then what has it inside", () => {
    expect(found("BTC")).toEqual([
      "BINANCE:BTCUSDT",
      "KRAKEN:BTCUSD",
      "COINBASE:BTCUSD",
      "BINANCE:BTCUSDC",
      "BINANCE:ETHBTC",
      "BINANCE:WBTCBTC",
    ]);
    expect(found("BTCUSD")).toEqual([
      "KRAKEN:BTCUSD",
      "COINBASE:BTCUSD",
      "BINANCE:BTCUSDT",
      "BINANCE:BTCUSDC",
    ]);
  });

  test("does not mind how base and quote are written, nor the case", () => {
    for (const query of ["btc/usdt", "BTC-USDT", "btc usdt", "Binance:BTCUSDT"]) {
      expect(found(query)).toEqual(["BINANCE:BTCUSDT"]);
    }
  });

  test("knows assets by their names and their other names", () => {
    expect(found("bitcoin")[0]).toBe("BINANCE:BTCUSDT");
    expect(found("apple")).toEqual(["MASSIVE:AAPLUSD"]);
    expect(found("XBT")[0]).toBe("BINANCE:BTCUSDT");
  });

  test("is bounded by type, exchange and limit", () => {
    expect(found("", { type: "stock" })).toEqual(["MASSIVE:AAPLUSD"]);
    expect(found("BTC", { exchange: "kraken" })).toEqual(["KRAKEN:BTCUSD"]);
    expect(found("", { limit: 2 })).toEqual(["BINANCE:BTCUSDT", "BINANCE:ETHUSDT"]);
    expect(found("BTC", { type: "bond" })).toEqual([]);
  });

  test("for nothing lists all, the more important ones first", () => {
    expect(found("")).toHaveLength(MARKETS.length);
    expect(found("")[0]).toBe("BINANCE:BTCUSDT");
  });

  test("finds nothing where nothing is called so", () => {
    expect(found("NOSUCH")).toEqual([]);
  });
});
