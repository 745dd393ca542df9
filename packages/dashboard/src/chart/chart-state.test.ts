import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAddress, writeAddress, type ChartAddress } from "./chart-state.ts";

const series = fc.constantFrom("binance:BTC-USDT:1m", "kraken:ETH-USD:1h", "massive:AAPL-USD:1d");
const seconds = fc.integer({ min: 1_000_000_000, max: 4_000_000_000 });
const range = fc
  .tuple(seconds, fc.integer({ min: 1, max: 100_000_000 }))
  .map(([start, length]) => ({ start, end: start + length }));

const address: fc.Arbitrary<ChartAddress> = fc.record({
  series: fc.option(series),
  interval: fc.option(fc.constantFrom(...TIMEFRAMES)),
  range: fc.option(range),
  count: fc.option(fc.integer({ min: 1, max: 100_000 })),
  indicators: fc.uniqueArray(fc.constantFrom("sma:20", "rsi:14", "macd:12:26:9", "vwap")),
  compare: fc.option(series),
  isLog: fc.boolean(),
  showsGaps: fc.boolean(),
  showsMarks: fc.boolean(),
});

describe("the address of a chart", () => {
  it("restores every member of what was seen", () => {
    fc.assert(
      fc.property(address, (one) => {
        const written = new URLSearchParams(writeAddress(one).toString());
        expect(readAddress(written)).toEqual(one);
      }),
    );
  });

  it("is as where nothing is said for what cannot be meant", () => {
    const params = new URLSearchParams(
      "series=nowhere:BTC:1m&interval=7m&start=2023-02-30&end=yesterday&candles=-3&compare=x&scale=cubic&gaps=perhaps",
    );
    expect(readAddress(params)).toEqual(readAddress(new URLSearchParams()));
  });

  it("is read whatever stands in it", () => {
    fc.assert(
      fc.property(fc.webQueryParameters(), (text) => {
        const read = readAddress(new URLSearchParams(text));
        expect(readAddress(writeAddress(read))).toEqual(read);
      }),
    );
  });

  it("takes times as people write them", () => {
    const params = new URLSearchParams("start=2023-03-24&end=2023-03-25T12:00Z");
    expect(readAddress(params).range).toEqual({ start: 1_679_616_000, end: 1_679_745_600 });
  });

  it("has no range that ends before it begins", () => {
    const params = new URLSearchParams("start=1679745600&end=1679616000");
    expect(readAddress(params).range).toBeNull();
  });
});
