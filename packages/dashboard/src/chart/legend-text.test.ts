import { describe, expect, it } from "vitest";
import type { LoadedCandles } from "./chart-place.ts";
import { timestampOf } from "./keep-view.ts";
import { describeCandle, formatChange, sentenceOf } from "./legend-text.ts";
import { priceDigits } from "./price-digits.ts";

const LOADED: LoadedCandles = {
  timestamp: [1_679_660_400, 1_679_664_000].map((seconds) => timestampOf(seconds)),
  open: [27_500, 27_510.5],
  high: [27_600, 27_520],
  low: [27_400, 27_000],
  close: [27_510.5, 27_100],
  volume: [null, 12.5],
  trades: [null, 1_200],
  missing: [3, 0],
  closed: [true, false],
  indicators: {},
  isComplete: false,
};
const STYLE = { timeZone: "Europe/Berlin", digits: 2 };

describe("the legend of a candle", () => {
  it("tells its values in the zone, with the digits of its series", () => {
    expect(describeCandle(LOADED, 1, STYLE)).toEqual({
      time: "Fri, 24 Mar 2023, 14:20",
      open: "27,510.50",
      high: "27,520.00",
      low: "27,000.00",
      close: "27,100.00",
      change: "−1.49 %",
      tone: "down",
      volume: "12.5, 1.2K trades",
      note: "still open",
    });
  });

  it("says so where a volume is not given and where finer candles are missing", () => {
    const text = describeCandle(LOADED, 0, STYLE);
    expect(text).toMatchObject({ volume: "not given", note: "3 finer candles are missing" });
    expect(text === null ? "" : sentenceOf(text)).toBe(
      "Fri, 24 Mar 2023, 13:20: open 27,500.00, high 27,600.00, low 27,400.00, close 27,510.50, +0.04 %, volume not given. 3 finer candles are missing.",
    );
  });

  it("is none where there is no candle", () => {
    expect(describeCandle(LOADED, 2, STYLE)).toBeNull();
    expect(describeCandle(LOADED, -1, STYLE)).toBeNull();
  });

  it("has no sign where nothing changed that can be told", () => {
    expect([formatChange(100, 101), formatChange(100, 99), formatChange(100, 99.9999)]).toEqual([
      "+1.00 %",
      "−1.00 %",
      "0.00 %",
    ]);
  });
});

describe("the digits of prices", () => {
  it("are those that the prices have, however they are written", () => {
    expect(priceDigits([28_016.09, 28_000])).toBe(2);
    expect(priceDigits([4e-7, 0.000_001_25])).toBe(8);
    expect(priceDigits([100, 1e21])).toBe(0);
    expect(priceDigits([])).toBe(0);
  });
});
