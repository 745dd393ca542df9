import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInputError } from "./errors.ts";
import { INDICATOR_KINDS, parseIndicators, vwapStart } from "./indicator.ts";

const columnsOf = (text: string) => parseIndicators(text).flatMap(({ columns }) => columns);

const warmUpOf = (text: string, timeframe: "1m" | "1d" | "1w" | "1M" = "1m") =>
  parseIndicators(text).map((one) => one.warmUp(timeframe));

/** The columns, or none where the text is refused as it should be. */
function columnsOrRefusal(text: string): string[] {
  try {
    return columnsOf(text);
  } catch (error) {
    if (error instanceof InvalidInputError) {
      return [];
    }
    throw error;
  }
}

describe("parseIndicators", () => {
  test.each([
    ["sma", ["sma_20"]],
    ["sma:5,sma:50", ["sma_5", "sma_50"]],
    ["ema,rsi,atr,vwap,volume_sma", ["ema_20", "rsi_14", "atr_14", "vwap", "volume_sma_20"]],
    ["macd", ["macd_12_26_9", "macd_12_26_9_signal", "macd_12_26_9_histogram"]],
    [
      "bollinger:10:2.5",
      ["bollinger_10_2_5_lower", "bollinger_10_2_5_middle", "bollinger_10_2_5_upper"],
    ],
    ["bollinger", ["bollinger_20_2_lower", "bollinger_20_2_middle", "bollinger_20_2_upper"]],
    ["volume_sma:500", ["volume_sma_500"]],
  ])("names the columns of %s", (text, columns) => {
    expect(columnsOf(text)).toEqual(columns);
  });

  test("keeps the parameters, those that were not given too", () => {
    expect(
      parseIndicators("macd:3:10:5,bollinger,vwap").map(({ kind, parameters }) => [
        kind,
        parameters,
      ]),
    ).toEqual([
      ["macd", [3, 10, 5]],
      ["bollinger", [20, 2]],
      ["vwap", []],
    ]);
  });

  test.each([
    ["", "an empty name is none; up to 10 of sma:N, N from 1 to 500"],
    ["sma,", "an empty name is none"],
    ["wma:5", "wma:5 is none"],
    ["constructor", "constructor is none"],
    ["sma:0", "sma:0 should be sma:N, N from 1 to 500"],
    ["sma:501", "sma:501 should be sma:N, N from 1 to 500"],
    ["sma:1.5", "sma:1.5 should be"],
    ["sma:", "sma: should be"],
    ["sma:-1", "sma:-1 should be"],
    ["sma:1e2", "sma:1e2 should be"],
    ["sma:5:5", "sma:5:5 should be"],
    ["rsi:1", "rsi:1 should be rsi:N, N from 2 to 500"],
    ["macd:12", "macd:12 should be macd:FAST:SLOW:SIGNAL, each from 1 to 500, FAST below SLOW"],
    ["macd:26:12:9", "macd:26:12:9 should be"],
    [
      "bollinger:20:0",
      "bollinger:20:0 should be bollinger:N:K, N from 1 to 500, K above 0 and up to 10",
    ],
    ["bollinger:20:11", "bollinger:20:11 should be"],
    ["vwap:5", "vwap:5 should be vwap"],
    ["sma:20,sma", "each indicator once, but sma_20 is here twice"],
    [
      "sma:500,bollinger:490:10,volume_sma:11",
      "windows of up to 1000 candles in all indicators together, here are 1001",
    ],
    [
      "sma:1,sma:2,sma:3,sma:4,sma:5,sma:6,sma:7,sma:8,sma:9,sma:10,sma:11",
      "up to 10 at once, here are 11",
    ],
  ])("refuses %j and says what is allowed", (text, sentence) => {
    expect(() => parseIndicators(text)).toThrow(InvalidInputError);
    expect(() => parseIndicators(text)).toThrow(sentence);
    expect(() => parseIndicators(text)).toThrow(/^indicators /);
  });

  test("takes windows that together are as long as they may be", () => {
    expect(columnsOf("sma:500,bollinger:490:10,rsi:10,vwap")).toHaveLength(6);
  });

  test("takes or refuses any text, and gives no column two names", () => {
    const name = fc.oneof(fc.constantFrom(...INDICATOR_KINDS), fc.string());
    const number = fc.oneof(fc.integer({ min: 0, max: 600 }).map(String), fc.string());
    const one = fc
      .tuple(name, fc.array(number, { maxLength: 3 }))
      .map((parts) => parts.flat().join(":"));
    fc.assert(
      fc.property(fc.array(one, { maxLength: 4 }), (list) => {
        const columns = columnsOrRefusal(list.join(","));
        expect(new Set(columns).size).toBe(columns.length);
        expect(columns.every((column) => /^[a-z_]+[0-9_]*[a-z_]*$/.test(column))).toBe(true);
      }),
    );
  });
});

describe("the warm-up", () => {
  test("of a window is all of it but the candle itself", () => {
    expect(warmUpOf("sma:20,bollinger:5:2,volume_sma:1")).toEqual([19, 4, 0]);
  });

  test("of vwap reaches to the day's start, of days and longer candles to the month's", () => {
    expect(
      ["1m", "1d", "1w", "1M"].map((timeframe) => warmUpOf("vwap", timeframe as "1m")[0]),
    ).toEqual([1_439, 30, 4, 0]);
  });

  test.each([
    ["ema:20", 1 - 2 / 21],
    ["rsi:14", 1 - 1 / 14],
    ["atr:14", 1 - 1 / 14],
  ])("of %s leaves less than 1e-12 of what is older", (text, left) => {
    const [candles = 0] = warmUpOf(text);
    expect(left ** candles).toBeLessThan(1e-12);
    expect(left ** (candles / 2)).toBeGreaterThan(1e-12);
  });

  test("of rsi counts closes that changed", () => {
    expect(parseIndicators("rsi:14,sma:5").map((one) => one.warmUpChanges)).toEqual([
      warmUpOf("rsi:14")[0],
      0,
    ]);
  });
});

test("vwapStart is the day's first second, or the month's", () => {
  const time = Date.UTC(2026, 4, 17, 13, 30) / 1_000;
  expect(vwapStart(time, "12h")).toBe(Date.UTC(2026, 4, 17) / 1_000);
  expect(vwapStart(time, "1d")).toBe(Date.UTC(2026, 4, 1) / 1_000);
});
