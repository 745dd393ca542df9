import type { Series } from "@candlehouse/shared/core/series";
import type { RangeBounds } from "@candlehouse/shared/d1/read-candles";
import { describe, expect, test } from "vitest";
import { planStream } from "./stream-plan.ts";

const BTC: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
const ETH: Series = { source: "kraken", symbol: "ETH-USD", timeframe: "1m" };
const START = Date.UTC(2014, 0, 1) / 1_000;
const END = Date.UTC(2024, 0, 1) / 1_000;
const RANGE = { from: START, to: END };

const NONE: RangeBounds = {
  oldestHot: null,
  newestHot: null,
  files: 0,
  firstCold: null,
  lastCold: null,
};

describe("planStream", () => {
  test("leaves out what certainly holds nothing", () => {
    const bounds = [NONE, { ...NONE, oldestHot: START + 120, newestHot: START + 180 }];
    expect(planStream([BTC, ETH], RANGE, bounds)).toEqual([
      { series: ETH, range: { from: START + 120, to: START + 181 } },
    ]);
  });

  test("goes from the first candle to the last, hot or cold, and not beyond the range", () => {
    const cold = { files: 2, firstCold: START - 600, lastCold: START + 600 };
    const hot = { oldestHot: START + 60, newestHot: START + 900 };
    expect(planStream([BTC], RANGE, [{ ...NONE, ...hot, ...cold }])).toEqual([
      { series: BTC, range: { from: START, to: START + 901 } },
    ]);
  });

  test("lets ten years of minutes through, cold or hot", () => {
    const cold = { ...NONE, files: 120, firstCold: START, lastCold: END - 60 };
    const hot = { ...NONE, oldestHot: START, newestHot: END - 60 };
    expect(planStream([BTC], RANGE, [cold])).toHaveLength(1);
    expect(planStream([BTC], RANGE, [hot])).toHaveLength(1);
    const twenty = Array.from({ length: 20 }, () => BTC);
    expect(
      planStream(
        twenty,
        RANGE,
        twenty.map(() => cold),
      ),
    ).toHaveLength(20);
  });

  test("refuses what could take more queries than a request may make", () => {
    const hot = { ...NONE, oldestHot: START, newestHot: END - 60 };
    expect(() => planStream([BTC, ETH], RANGE, [hot, hot])).toThrow(
      "this takes up to 1108 queries of the database, while one request may make 1000",
    );
  });
});
