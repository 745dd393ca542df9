import { SourceOffError } from "@candlehouse/shared/core/errors";
import type { SourceId } from "@candlehouse/shared/core/source";
import { describe, expect, it } from "vitest";
import { sourceOf } from "../../src/sources/registry.ts";
import type { CandleRequest, HttpRequest } from "../../src/sources/source.ts";

/** Three hours from 2023-11-14 19:00 UTC. */
const WINDOW = { start: 1_699_988_400, end: 1_699_999_200 } as const;

function requestTo(
  id: SourceId,
  symbol: string,
  window: Partial<CandleRequest> = {},
  key = "secret",
): HttpRequest {
  const source = sourceOf(id);
  const nativeSymbol = source.nativeSymbol(symbol) ?? "";
  const request = { symbol, nativeSymbol, timeframe: "1h", ...WINDOW, ...window } as const;
  return source.toHttpRequest(request, source.hosts[0] ?? "", key);
}

describe("toHttpRequest", () => {
  it("asks Binance in milliseconds, up to the last one before the window's end, without a time zone", () => {
    expect(requestTo("binance", "BTC-USDT")).toEqual({
      host: "api.binance.com",
      path: "/api/v3/klines",
      query: {
        symbol: "BTCUSDT",
        interval: "1h",
        startTime: "1699988400000",
        endTime: "1699999199999",
        limit: "3",
      },
      headers: { "User-Agent": "candlehouse/0.1" },
    });
  });

  it("tells Binance a month from a minute", () => {
    const month = { timeframe: "1M", start: 1_698_796_800, end: 1_701_388_800 } as const;
    expect(requestTo("binance", "BTC-USDT", month).query).toMatchObject({
      interval: "1M",
      limit: "1",
    });
  });

  it("asks Binance for nothing before 1970, where a page of months would begin", () => {
    const ancient = { timeframe: "1M", start: -852_076_800, end: 1_701_388_800 } as const;
    expect(requestTo("binance", "BTC-USDT", ancient).query["startTime"]).toBe("0");
  });

  it("asks Kraken for what follows the candle before the window", () => {
    expect(requestTo("kraken", "BTC-USD")).toEqual({
      host: "api.kraken.com",
      path: "/0/public/OHLC",
      query: { pair: "XBTUSD", interval: "60", since: "1699984800" },
      headers: { "User-Agent": "candlehouse/0.1" },
    });
  });

  it("asks Coinbase up to a second before the window's end, and never with a limit", () => {
    expect(requestTo("coinbase", "BTC-USD")).toEqual({
      host: "api.coinbase.com",
      path: "/api/v3/brokerage/market/products/BTC-USD/candles",
      query: { start: "1699988400", end: "1699999199", granularity: "ONE_HOUR" },
      headers: { "User-Agent": "candlehouse/0.1" },
    });
  });

  it("asks CryptoCompare for one row less than it wants, since one more comes", () => {
    expect(requestTo("cryptocompare", "BTC-USD")).toEqual({
      host: "min-api.cryptocompare.com",
      path: "/data/v2/histohour",
      query: {
        fsym: "BTC",
        tsym: "USD",
        toTs: "1699999199",
        limit: "2",
        tryConversion: "false",
      },
      headers: { "User-Agent": "candlehouse/0.1", Authorization: "Apikey secret" },
    });
  });

  it("asks CryptoCompare for two rows where one is wanted, since a limit of 0 means the default", () => {
    const one = { end: WINDOW.start + 3_600 };
    expect(requestTo("cryptocompare", "BTC-USD", one).query["limit"]).toBe("1");
  });

  it("asks CryptoCompare nothing without a key, and names the setting", () => {
    expect(() => requestTo("cryptocompare", "BTC-USD", {}, "")).toThrow(SourceOffError);
    expect(() => requestTo("cryptocompare", "BTC-USD", {}, "")).toThrow(
      /2026-05-21; set CRYPTOCOMPARE_API_KEY/,
    );
  });

  it("asks CoinGecko for the days that give the timeframe, with every digit", () => {
    const halfHours = { timeframe: "30m" } as const;
    expect(requestTo("coingecko", "AVAX-USD", halfHours)).toEqual({
      host: "api.coingecko.com",
      path: "/api/v3/coins/avalanche-2/ohlc",
      query: { vs_currency: "usd", days: "1", precision: "full" },
      headers: { "User-Agent": "candlehouse/0.1", "x-cg-demo-api-key": "secret" },
    });
    const fourHours = { timeframe: "4h", start: 1_699_977_600, end: 1_699_992_000 } as const;
    expect(requestTo("coingecko", "BTC-USD", fourHours, "")).toMatchObject({
      query: { days: "30" },
      headers: { "User-Agent": "candlehouse/0.1" },
    });
  });

  it("sends a name with odd characters as part of the path, not as more of it", () => {
    const odd = { nativeSymbol: "BTC/USD?x" };
    expect(requestTo("coinbase", "BTC-USD", odd).path).toBe(
      "/api/v3/brokerage/market/products/BTC%2FUSD%3Fx/candles",
    );
  });
});

describe("nativeSymbol", () => {
  it.each([
    ["binance", "BTC-USDT", "BTCUSDT"],
    ["binance", "BTC-USD", undefined],
    ["binance", "ETH-BTC", "ETHBTC"],
    ["kraken", "BTC-USD", "XBTUSD"],
    ["kraken", "DOGE-BTC", "XDGXBT"],
    ["kraken", "SOL-USDC", "SOLUSDC"],
    ["coinbase", "BTC-USD", "BTC-USD"],
    ["cryptocompare", "BTC-USDT", "BTC-USDT"],
    ["coingecko", "BTC-USD", "bitcoin"],
    ["coingecko", "BTC-USDT", undefined],
    ["coingecko", "PEPE-USD", undefined],
  ] as const)("of %s names %s %s", (id, symbol, native) => {
    expect(sourceOf(id).nativeSymbol(symbol)).toBe(native);
  });
});

describe("usedWeight", () => {
  it("is what Binance counts for the address, and nothing where no number stands", () => {
    const binance = sourceOf("binance");
    expect(binance.usedWeight(new Headers({ "X-MBX-USED-WEIGHT-1M": "4821" }))).toBe(4_821);
    expect(binance.usedWeight(new Headers({ "X-MBX-USED-WEIGHT-1M": "many" }))).toBeUndefined();
    expect(binance.usedWeight(new Headers())).toBeUndefined();
  });
});
