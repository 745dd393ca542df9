import { describe, expect, test } from "vitest";
import file from "../fleet.json" with { type: "json" };
import { expandFleet, seedStatement } from "./fleet.ts";

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

  test("refuses an unknown source, tier or field", () => {
    const right = { tiers: {}, sources: {} };
    expect(expandFleet(right)).toEqual([]);
    expect(() => expandFleet({ ...right, sources: { mtgox: {} } })).toThrow("mtgox");
    expect(() => expandFleet({ ...right, tiers: { "5": ["BTC"] } })).toThrow("5");
    expect(() => expandFleet({ ...right, more: 1 })).toThrow("more");
  });
});

describe("seedStatement", () => {
  test("quotes what a name may hold and leaves rows that are there alone", () => {
    const [series] = expandFleet(file);
    const statement = seedStatement(
      series === undefined ? [] : [{ ...series, nativeSymbol: "A'B" }],
    );
    expect(statement).toContain("INSERT OR IGNORE");
    expect(statement).toContain("'A''B'");
  });
});
