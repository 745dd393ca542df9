import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SHARDS_MAX, shardOf, type SeriesName } from "./shard.ts";
import { SOURCES } from "./source.ts";
import { TIMEFRAMES } from "./timeframe.ts";

const seriesNames: fc.Arbitrary<SeriesName> = fc.record({
  source: fc.constantFrom(...SOURCES),
  symbol: fc.stringMatching(/^[A-Z0-9]{1,10}-[A-Z]{3,4}$/),
  timeframe: fc.constantFrom(...TIMEFRAMES),
});

const counts = fc.integer({ min: 1, max: SHARDS_MAX });

/** 5,000 series as a large fleet has them. */
const FLEET: readonly SeriesName[] = SOURCES.slice(0, 5).flatMap((source) =>
  Array.from({ length: 200 }, (_, index) => `T${index}-USD`).flatMap((symbol) =>
    TIMEFRAMES.slice(0, 5).map((timeframe) => ({ source, symbol, timeframe })),
  ),
);

function sizes(count: number): number[] {
  const found = Array.from({ length: count }, () => 0);
  for (const series of FLEET) {
    const shard = shardOf(series, count);
    found[shard] = (found[shard] ?? 0) + 1;
  }
  return found;
}

describe("which database a series is in", () => {
  // What is stored is found by these: they never change.
  test.each([
    ["binance:BTC-USDT:1m", 0, 2, 5, 10],
    ["binance:BTC-USDT:1h", 0, 2, 3, 31],
    ["kraken:ETH-USD:1h", 1, 1, 8, 70],
    ["coinbase:SOL-USD:1d", 1, 2, 9, 9],
    ["massive:AAPL-USD:1m", 1, 2, 2, 2],
  ])("%s is in %i of two, %i of three, %i of ten, %i of a hundred", (name, ...expected) => {
    const [source = "", symbol = "", timeframe = ""] = name.split(":");
    const series = { source, symbol, timeframe };
    expect([2, 3, 10, 100].map((count) => shardOf(series, count))).toEqual(expected);
  });

  test("is one of them, and the same each time", () => {
    fc.assert(
      fc.property(seriesNames, counts, (series, count) => {
        const shard = shardOf(series, count);
        expect(shard).toBe(shardOf({ ...series }, count));
        expect(Number.isInteger(shard) && shard >= 0 && shard < count).toBe(true);
      }),
    );
  });

  test("is the only one there is", () => {
    fc.assert(
      fc.property(seriesNames, (series) => {
        expect(shardOf(series, 1)).toBe(0);
      }),
    );
  });

  test("changes with one more database only where that one takes the series", () => {
    fc.assert(
      fc.property(seriesNames, fc.integer({ min: 1, max: SHARDS_MAX - 1 }), (series, count) => {
        const after = shardOf(series, count + 1);
        expect([shardOf(series, count), count]).toContain(after);
      }),
    );
  });

  test.each([2, 3, 5, 8, 16])("spreads 5,000 series evenly over %i databases", (count) => {
    const share = FLEET.length / count;
    // Five standard deviations of a fair spread.
    const allowed = 5 * Math.sqrt(share * (1 - 1 / count));
    for (const size of sizes(count)) {
      expect(Math.abs(size - share)).toBeLessThan(allowed);
    }
  });

  test("moves no more than its share to one more database", () => {
    for (const count of [2, 3, 5, 8]) {
      const moved = FLEET.filter((series) => shardOf(series, count) !== shardOf(series, count + 1));
      const share = FLEET.length / (count + 1);
      expect(Math.abs(moved.length - share)).toBeLessThan(5 * Math.sqrt(share));
    }
  });
});
