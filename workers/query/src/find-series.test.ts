import { describe, expect, test } from "vitest";
import { nearestNames } from "./find-series.ts";

const NAMES = [
  "binance:BTC-USDT:1m",
  "binance:BTC-USDT:5m",
  "binance:ETH-USDT:1m",
  "coinbase:BTC-USD:1m",
  "kraken:BTC-USD:1m",
];

describe("nearestNames", () => {
  test.each([
    ["binance:BTC-USD:1m", ["binance:BTC-USDT:1m", "binance:BTC-USDT:5m"]],
    ["kraken:BTC-USDT:1m", ["kraken:BTC-USD:1m"]],
    ["binance:EHT-USDT:1m", ["binance:ETH-USDT:1m", "binance:BTC-USDT:1m"]],
  ])("puts what is nearest to %s first", (name, first) => {
    const nearest = nearestNames(name, NAMES);
    expect(nearest).toHaveLength(3);
    expect(nearest.slice(0, first.length)).toEqual(first);
  });

  test("names none where none is known", () => {
    expect(nearestNames("binance:BTC-USDT:1m", [])).toEqual([]);
  });
});
