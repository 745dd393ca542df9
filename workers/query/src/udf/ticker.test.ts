import { splitsOf } from "@candlehouse/shared/core/compact-symbol";
import { assert, constantFrom, property, string, tuple } from "fast-check";
import { SOURCES } from "@candlehouse/shared/core/source";
import { describe, expect, test } from "vitest";
import { readMarketName, tickerOf } from "./ticker.ts";

describe("a ticker", () => {
  test("is the source and the symbol in one word", () => {
    const market = { source: "binance", symbol: "BTC-USDT" } as const;
    expect(tickerOf(market, ["BTC-USDT", "ETH-USDT"])).toBe("BINANCE:BTCUSDT");
  });

  test("tells base and quote apart where two symbols would be one word", () => {
    const symbols = ["AB-CUSD", "ABC-USD"];
    expect(symbols.map((symbol) => tickerOf({ source: "kraken", symbol }, symbols))).toEqual([
      "KRAKEN:AB-CUSD",
      "KRAKEN:ABC-USD",
    ]);
  });

  test("can always mean the market that it was made of", () => {
    const asset = string({
      unit: constantFrom(..."ABCUSDT1".split("")),
      minLength: 1,
      maxLength: 8,
    });
    assert(
      property(tuple(constantFrom(...SOURCES), asset, asset), ([source, base, quote]) => {
        const symbol = `${base}-${quote}`;
        for (const siblings of [
          [symbol],
          [symbol, `${base}${quote}-X`, ...splitsOf(base + quote)],
        ]) {
          const names = readMarketName(tickerOf({ source, symbol }, siblings));
          expect(names?.sources).toEqual([source]);
          expect(names?.symbols).toContain(symbol);
        }
      }),
    );
  });
});

describe("a name that a chart sends", () => {
  test("is read in any case, with base and quote apart or not", () => {
    for (const name of ["BINANCE:BTC-USDT", "binance:btc/usdt", "Binance:BTC_USDT"]) {
      expect(readMarketName(name)).toEqual({
        sources: ["binance"],
        symbols: ["BTC-USDT"],
        likely: "BTC-USDT",
      });
    }
  });

  test("may leave out the source: then every source is meant, in their order", () => {
    expect(readMarketName("BTCUSDT")?.sources).toEqual(SOURCES);
  });

  test("may use another name of the asset", () => {
    expect(readMarketName("KRAKEN:XBTUSD")?.likely).toBe("BTC-USD");
    expect(readMarketName("KRAKEN:XBT/USD")).toEqual({
      sources: ["kraken"],
      symbols: [],
      likely: "BTC-USD",
    });
  });

  test.each([
    "",
    ":",
    "BINANCE:",
    "NOWHERE:BTCUSDT",
    "BTC USDT",
    "A-B-C",
    "BTC,USDT",
    "x".repeat(65),
  ])("means nothing as %j", (name) => {
    expect(readMarketName(name)).toBeUndefined();
  });
});
