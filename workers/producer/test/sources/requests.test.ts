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

  it("asks Massive in milliseconds, for what was traded and not for what splits made of it", () => {
    expect(requestTo("massive", "AAPL-USD")).toEqual({
      host: "api.massive.com",
      path: "/v2/aggs/ticker/AAPL/range/1/hour/1699988400000/1699999199999",
      query: { adjusted: "false", sort: "asc", limit: "50000" },
      headers: { "User-Agent": "candlehouse/0.1", Authorization: "Bearer secret" },
    });
    const minutes = { timeframe: "15m" } as const;
    expect(requestTo("massive", "AAPL-USD", minutes).path).toContain("/range/15/minute/");
  });

  it("asks Massive for days by their dates, of which the last one is included", () => {
    const days = { timeframe: "1d", start: 1_699_920_000, end: 1_700_179_200 } as const;
    expect(requestTo("massive", "AAPL-USD", days).path).toBe(
      "/v2/aggs/ticker/AAPL/range/1/day/2023-11-14/2023-11-16",
    );
  });

  it("asks Massive for a day of all stocks at once", () => {
    const grouped = sourceOf("massive").grouped;
    expect(grouped?.toGroupedRequest(19_675, "api.massive.com", "secret")).toEqual({
      host: "api.massive.com",
      path: "/v2/aggs/grouped/locale/us/market/stocks/2023-11-14",
      query: { adjusted: "false" },
      headers: { "User-Agent": "candlehouse/0.1", Authorization: "Bearer secret" },
    });
    expect(() => grouped?.toGroupedRequest(19_675, "api.massive.com", "")).toThrow(SourceOffError);
  });

  it("asks Finnhub in seconds, up to the last one before the window's end", () => {
    expect(requestTo("finnhub", "AAPL-USD")).toEqual({
      host: "finnhub.io",
      path: "/api/v1/stock/candle",
      query: { symbol: "AAPL", resolution: "60", from: "1699988400", to: "1699999199" },
      headers: { "User-Agent": "candlehouse/0.1", "X-Finnhub-Token": "secret" },
    });
  });

  it.each([
    ["massive", "MASSIVE_API_KEY"],
    ["finnhub", "FINNHUB_API_KEY"],
  ] as const)("asks %s nothing without a key, and names the setting", (id, setting) => {
    expect(() => requestTo(id, "AAPL-USD", {}, "")).toThrow(SourceOffError);
    expect(() => requestTo(id, "AAPL-USD", {}, "")).toThrow(
      `answered nothing without a key since its first day; set ${setting}`,
    );
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
    ["massive", "AAPL-USD", "AAPL"],
    ["massive", "AAPL-USDT", undefined],
    ["finnhub", "NVDA-USD", "NVDA"],
    ["finnhub", "NVDA-EUR", undefined],
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
