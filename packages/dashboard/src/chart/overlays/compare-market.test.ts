import { describe, expect, test } from "vitest";
import {
  basisPoints,
  closeAt,
  differencesIn,
  haveOneScale,
  haveOneSymbol,
  placedCloses,
} from "./compare-market.ts";

test("prices of one coin in dollars lie on one scale, whatever the dollar is", () => {
  expect(haveOneScale("binance:BTC-USDT:1m", "kraken:BTC-USD:1h")).toBe(true);
  expect(haveOneScale("binance:BTC-USDT:1m", "binance:BTC-EUR:1m")).toBe(false);
  expect(haveOneScale("binance:ETH-USDT:1m", "binance:BTC-USDT:1m")).toBe(false);
  expect(haveOneScale("kraken:BTC-EUR:1m", "coinbase:BTC-EUR:1m")).toBe(true);
});

test("the consensus is of one symbol: no quote is mixed with another", () => {
  expect(haveOneSymbol("kraken:BTC-USD:1m", "coinbase:BTC-USD:1h")).toBe(true);
  expect(haveOneSymbol("binance:BTC-USDT:1m", "coinbase:BTC-USD:1m")).toBe(false);
  expect(haveOneSymbol("kraken:BTC-USD:1m", "kraken:BTC-USD:1h")).toBe(false);
  expect(haveOneSymbol("nothing", "kraken:BTC-USD:1h")).toBe(false);
});

test("a difference is in basis points, above or below", () => {
  expect(basisPoints(10_000, 10_001)).toBeCloseTo(1);
  expect(basisPoints(10_000, 9_900)).toBeCloseTo(-100);
});

describe("differences in a range", () => {
  const own = { timestamp: [0, 60, 120, 180, 240], close: [100, 100, 100, 100, 100] };

  test("have their median without signs, and the largest with its time", () => {
    const other = { timestamp: [0, 60, 180, 240], close: [101, 99.98, 99, 150] };
    const found = differencesIn(own, other, { start: 0, end: 240 });
    expect(found?.candles).toBe(3);
    expect(found?.median).toBeCloseTo(100);
    expect(Math.abs(found?.largest ?? 0)).toBeCloseTo(100);
    expect(found?.largestAt).toBe(180);
  });

  test("of an even number have the middle between two", () => {
    const other = { timestamp: [0, 60], close: [101, 103] };
    expect(differencesIn(own, other, { start: 0, end: 120 })?.median).toBeCloseTo(200);
  });

  test("are none where no time is in both", () => {
    expect(differencesIn(own, { timestamp: [30], close: [1] }, { start: 0, end: 240 })).toBeNull();
  });
});

test("a close is that of the candle that opened then, or none", () => {
  const closes = { timestamp: [0, 60], close: [1, 2] };
  expect(closeAt(closes, 60)).toBe(2);
  expect(closeAt(closes, 30)).toBeNull();
  expect(closeAt(closes, 120)).toBeNull();
});

test("closes are drawn where the chart has a place: a candle, or one that is missing", () => {
  const closes = { timestamp: [0, 60, 120, 180, 240], close: [1, 2, 3, 4, 5] };
  expect(placedCloses(closes, [60, 240], [120])).toEqual({
    timestamp: [60, 120, 240],
    close: [2, 3, 5],
  });
});
