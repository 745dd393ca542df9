import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { describe, expect, it } from "vitest";
import {
  chooseFirst,
  chooseNearest,
  chooseSeries,
  marketOf,
  marketsOf,
  siblingsOf,
  timeframesOf,
  type ListedSeries,
} from "./market-list.ts";

const one = (name: string, isEnabled = true): ListedSeries => {
  const [source = "", symbol = "", timeframe = ""] = name.split(":");
  return {
    source,
    symbol,
    timeframe: TIMEFRAMES.find((known) => known === timeframe) ?? "1m",
    enabled: isEnabled,
  };
};

const MARKETS = marketsOf([
  one("binance:ADA-USDT:1m"),
  one("binance:BTC-USDT:1h"),
  one("binance:BTC-USDT:1m"),
  one("coingecko:BTC-USD:4h"),
  one("kraken:BTC-USD:1m", false),
]);
const binance = MARKETS[1] ?? { name: "", source: "", symbol: "", stored: [], collected: [] };

describe("the markets of a chart", () => {
  it("are those of the series, with the timeframes that are stored", () => {
    expect(MARKETS.map(({ name, stored }) => [name, stored])).toEqual([
      ["binance:ADA-USDT", ["1m"]],
      ["binance:BTC-USDT", ["1m", "1h"]],
      ["coingecko:BTC-USD", ["4h"]],
      ["kraken:BTC-USD", ["1m"]],
    ]);
  });

  it("are found by any of their series", () => {
    expect(marketOf(MARKETS, "binance:BTC-USDT:1w")).toBe(binance);
    expect(marketOf(MARKETS, "binance:DOGE-USDT:1m")).toBeUndefined();
  });

  it("have the timeframes that stored candles make up", () => {
    expect(timeframesOf({ stored: ["1h"] })).toEqual([
      "1h",
      "2h",
      "4h",
      "6h",
      "8h",
      "12h",
      "1d",
      "3d",
      "1w",
      "1M",
    ]);
    expect(timeframesOf({ stored: ["3d"] })).toEqual(["3d"]);
  });

  it("are asked for by the stored series, or else by the finest one that makes it up", () => {
    expect(chooseSeries(binance, "1h")).toEqual({ series: "binance:BTC-USDT:1h", interval: null });
    expect(chooseSeries(binance, "1d")).toEqual({ series: "binance:BTC-USDT:1m", interval: "1d" });
    expect(chooseSeries({ name: "coingecko:BTC-USD", stored: ["4h"] }, "1h")).toBeNull();
  });

  it("keep the timeframe of the market before, or take the next longer one", () => {
    const coingecko = MARKETS[2] ?? binance;
    expect(chooseNearest(coingecko, "1d")).toBe("1d");
    expect(chooseNearest(coingecko, "1m")).toBe("4h");
  });

  it("begin with a Bitcoin that is collected, in hours", () => {
    expect(chooseFirst(MARKETS)).toEqual({ series: "binance:BTC-USDT:1h", interval: null });
    expect(chooseFirst(marketsOf([one("kraken:ETH-EUR:1m")]))).toEqual({
      series: "kraken:ETH-EUR:1m",
      interval: "1h",
    });
    expect(chooseFirst([])).toBeNull();
  });

  it("lie side by side where only the kind of dollar differs", () => {
    expect(siblingsOf(MARKETS, binance).map(({ name }) => name)).toEqual([
      "binance:BTC-USDT",
      "coingecko:BTC-USD",
      "kraken:BTC-USD",
    ]);
  });
});
