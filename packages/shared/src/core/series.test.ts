import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatSeries, parseSeries } from "./series.ts";
import { SOURCES, type SourceId } from "./source.ts";
import { TIMEFRAMES, type Timeframe } from "./timeframe.ts";

test("a series comes back from its text", () => {
  const series = fc.record({
    source: fc.constantFrom<SourceId>(...SOURCES),
    symbol: fc.constantFrom("BTC-USDT", "1INCH-USD", "ETH-BTC"),
    timeframe: fc.constantFrom<Timeframe>(...TIMEFRAMES),
  });
  fc.assert(
    fc.property(series, (one) => {
      expect(parseSeries(formatSeries(one))).toEqual(one);
    }),
  );
});

test.for([
  "",
  "binance",
  "binance:BTC-USDT",
  "binance:BTC-USDT:1m:",
  "mtgox:BTC-USDT:1m",
  "binance:XBT-USD:1m",
  "binance:BTC-USDT:7m",
  " binance:BTC-USDT:1m",
  "BINANCE:BTC-USDT:1m",
])("%j names no series", (text) => {
  expect(parseSeries(text)).toBeUndefined();
});
