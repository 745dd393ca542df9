import { describe, expect, test } from "vitest";
import { holesOf, planProbe } from "./backfill-probe.ts";
import { TIMEFRAMES } from "./timeframe.ts";

const day = (number: number): number => Date.UTC(2026, 0, number) / 1_000;
const BINANCE = { id: "binance", timeframes: TIMEFRAMES } as const;

describe("the days that are probed", () => {
  test("are the whole ones of the range", () => {
    const range = { start: day(1) + 600, end: day(20) + 7_200 };
    expect(planProbe(BINANCE, range, "1m")).toEqual({ start: day(2), end: day(20) });
  });

  test.each([
    ["of a few days", BINANCE, { start: day(1), end: day(4) }, "1m"],
    ["of daily candles", BINANCE, { start: day(1), end: day(30) }, "1d"],
    [
      "of a source without them",
      { id: "coingecko", timeframes: ["30m", "4h"] },
      { start: day(1), end: day(30) },
      "30m",
    ],
    [
      "of a market that closes at night",
      { id: "massive", timeframes: TIMEFRAMES },
      { start: day(1), end: day(30) },
      "1m",
    ],
  ] as const)("are none %s", (_, source, range, timeframe) => {
    expect(planProbe(source, range, timeframe)).toBeUndefined();
  });
});

describe("holes", () => {
  const probed = { start: day(1), end: day(30) };

  test("begin a day after the last daily candle and end a day before the next", () => {
    const absent = [{ start: day(5), end: day(9) }];
    expect(holesOf(absent, probed, "1h")).toEqual([{ start: day(6), end: day(8) }]);
  });

  test("reach to the ends of the range where nothing comes before or after", () => {
    const absent = [
      { start: day(1), end: day(9) },
      { start: day(20), end: day(30) },
    ];
    expect(holesOf(absent, probed, "1h")).toEqual([
      { start: day(1), end: day(8) },
      { start: day(21), end: day(30) },
    ]);
  });

  test("are of three days at least", () => {
    expect(holesOf([{ start: day(5), end: day(7) }], probed, "1h")).toEqual([]);
  });
});
