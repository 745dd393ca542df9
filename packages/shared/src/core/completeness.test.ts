import { expect, test } from "vitest";
import {
  addCompleteness,
  byTimeframe,
  completenessOf,
  type SeriesCompleteness,
} from "./completeness.ts";

test("what is explained is not asked of the ratio", () => {
  expect(completenessOf({ expected: 100, held: 60, explained: 20 })).toEqual({
    expected: 100,
    held: 60,
    explained: 20,
    missing: 40,
    ratio: 0.75,
  });
});

test("never is more held or explained than there can be", () => {
  expect(completenessOf({ expected: 10, held: 12, explained: 3 })).toEqual({
    expected: 10,
    held: 10,
    explained: 0,
    missing: 0,
    ratio: 1,
  });
  expect(completenessOf({ expected: 5, held: 0, explained: 5 }).ratio).toBeNull();
});

function countsOf(symbol: string, timeframe: "1m" | "1h", held: number): SeriesCompleteness {
  return {
    series: { source: "binance", symbol, timeframe },
    tier: 1,
    start: 0,
    end: 600,
    ...completenessOf({ expected: 10, held, explained: 0 }),
  };
}

test("series are summed by timeframe, from the shortest on", () => {
  const list = [
    countsOf("ETH-USDT", "1h", 5),
    countsOf("BTC-USDT", "1m", 10),
    countsOf("ETH-USDT", "1m", 8),
  ];
  expect(byTimeframe(list)).toEqual([
    { timeframe: "1m", series: 2, expected: 20, held: 18, explained: 0, missing: 2, ratio: 0.9 },
    { timeframe: "1h", series: 1, expected: 10, held: 5, explained: 0, missing: 5, ratio: 0.5 },
  ]);
  expect(addCompleteness(list)).toMatchObject({ expected: 30, held: 23 });
  expect(addCompleteness([])).toMatchObject({ expected: 0, ratio: null });
});
