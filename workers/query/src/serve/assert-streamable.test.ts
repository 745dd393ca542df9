import { PayloadTooLargeError } from "@candlehouse/shared/core/errors";
import type { RangeBounds } from "@candlehouse/shared/d1/read-candles";
import { describe, expect, test } from "vitest";
import { assertStreamable } from "./assert-streamable.ts";
import type { SeriesPlan } from "./serve-plan.ts";

const START = Date.UTC(2014, 0, 1) / 1_000;
const END = Date.UTC(2024, 0, 1) / 1_000;

const MINUTES: SeriesPlan = {
  series: { source: "binance", symbol: "BTC-USDT", timeframe: "1h" },
  bases: [{ timeframe: "1m", held: { from: 0, to: END } }],
  atSeconds: END,
  dropsOpen: false,
  revisedUntilMs: undefined,
};

const NONE: RangeBounds = {
  oldestHot: null,
  newestHot: null,
  files: 0,
  firstCold: null,
  lastCold: null,
};
const TEN_YEARS_COLD = { ...NONE, files: 120, firstCold: START, lastCold: END - 60 };
const TEN_YEARS_HOT = { ...NONE, oldestHot: START, newestHot: END - 60 };

const times = <Value>(count: number, value: Value) => Array.from({ length: count }, () => value);

describe("assertStreamable", () => {
  test("lets ten years of minutes through, cold or hot, and of twenty series if they are cold", () => {
    expect(() => assertStreamable([MINUTES], [TEN_YEARS_HOT], true)).not.toThrow();
    expect(() =>
      assertStreamable(times(20, MINUTES), times(20, TEN_YEARS_COLD), true),
    ).not.toThrow();
  });

  test("refuses what could take more queries than one answer may make", () => {
    const two = [times(2, MINUTES), times(2, TEN_YEARS_HOT)] as const;
    expect(() => assertStreamable(...two, false)).toThrow(PayloadTooLargeError);
    expect(() => assertStreamable(...two, false)).toThrow(
      "this takes up to 1108 queries of the database, while one answer may make 1000: ask for fewer series or for a shorter range at once, or give a limit and follow the cursors",
    );
  });

  test("counts each stored timeframe, and the looks for what the coarser ones lack", () => {
    const held = { from: 0, to: END };
    const all = (["1h", "30m", "15m", "5m", "1m"] as const).map((timeframe) => ({
      timeframe,
      held,
    }));
    const mixed: SeriesPlan = { ...MINUTES, bases: [{ timeframe: "1h", held }, ...all.slice(1)] };
    expect(() => assertStreamable([mixed], times(5, TEN_YEARS_COLD), true)).not.toThrow();
    expect(() => assertStreamable([mixed], times(5, TEN_YEARS_HOT), true)).toThrow(
      PayloadTooLargeError,
    );
    const days: SeriesPlan = { ...mixed, series: { ...mixed.series, timeframe: "1d" } };
    const cold = { ...TEN_YEARS_COLD, files: 10 };
    expect(() => assertStreamable(times(5, days), times(25, cold), true)).not.toThrow();
  });

  test("counts the revisions that are read too", () => {
    const revised = { ...MINUTES, revisedUntilMs: END * 1_000 };
    const half = { ...TEN_YEARS_HOT, oldestHot: (START + END) / 2 };
    expect(() => assertStreamable(times(3, MINUTES), times(3, half), false)).not.toThrow();
    expect(() => assertStreamable(times(3, revised), times(3, half), false)).toThrow(
      PayloadTooLargeError,
    );
  });
});
