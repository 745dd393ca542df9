import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { partitionOf } from "./partition.ts";
import {
  comparePartitions,
  formatSeriesPartition,
  parseSeriesPartition,
  type SeriesPartition,
} from "./series-partition.ts";
import { SOURCES } from "./source.ts";
import { TIMEFRAMES } from "./timeframe.ts";

const partitions: fc.Arbitrary<SeriesPartition> = fc
  .record({
    source: fc.constantFrom(...SOURCES),
    symbol: fc.constantFrom("A-B", "BTC-USD", "BTC-USDT", "ETH-USD", "1INCH-EUR"),
    timeframe: fc.constantFrom(...TIMEFRAMES),
    timestamp: fc.integer({ min: 1_230_768_000, max: 4_000_000_000 }),
  })
  .map(({ timestamp, ...series }) => ({
    series,
    partition: partitionOf(timestamp, series.timeframe),
  }));

describe("a partition of a series", () => {
  test("is named by a text that gives it back", () => {
    fc.assert(
      fc.property(partitions, (of) => {
        expect(parseSeriesPartition(formatSeriesPartition(of))).toEqual(of);
      }),
    );
  });

  test.each([
    "",
    "2026-10",
    "binance:BTC-USDT:1m",
    "binance:BTC-USDT:1m:2026",
    "binance:BTC-USDT:1h:2026-10",
    "binance:XBT-USDT:1m:2026-10",
    "binance:BTC-USDT:1m:2026-13",
  ])("is not named by %o", (text) => {
    expect(parseSeriesPartition(text)).toBeUndefined();
  });

  test("comes before and after others as D1's keys do", () => {
    fc.assert(
      fc.property(fc.array(partitions), (all) => {
        const keys = all.toSorted(comparePartitions).map(({ series, partition }) =>
          // Below every character of a name, so that no shorter name comes behind a longer one.
          [series.source, series.symbol, series.timeframe, partition].join("\u0000"),
        );
        expect(keys).toEqual(keys.toSorted((a, b) => (a < b ? -1 : Number(a > b))));
      }),
    );
  });
});
