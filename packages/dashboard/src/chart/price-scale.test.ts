import { describe, expect, it } from "vitest";
import { scaleOf } from "./price-scale.ts";

const series = "binance:BTC-USDT:1m";

describe("the scale of prices", () => {
  it("is logarithmic where that is wanted", () => {
    expect(scaleOf({ series, compare: null, isLog: false })).toBe("plain");
    expect(scaleOf({ series, compare: null, isLog: true })).toBe("log");
  });

  it("stays in percent beside a market at other prices, log scale or not", () => {
    const compare = "binance:ETH-USDT:1m";
    expect(scaleOf({ series, compare, isLog: false })).toBe("percent");
    expect(scaleOf({ series, compare, isLog: true })).toBe("percent");
  });

  it("is that of the prices beside the same market elsewhere", () => {
    expect(scaleOf({ series, compare: "kraken:BTC-USD:1m", isLog: true })).toBe("log");
  });
});
