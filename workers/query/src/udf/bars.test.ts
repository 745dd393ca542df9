import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import { describe, expect, test } from "vitest";
import { BARS_MAX, barsWanted, historyOf, type BarsQuery } from "./bars.ts";

const NOON = 1_700_049_600;

function candle(index: number, values: Partial<ServedCandle> = {}): ServedCandle {
  const prices = { open: 1, high: 2, low: 0.5, close: 1.5 };
  const amounts = { volume_from: 3, volume_to: null, trades: null };
  return { timestamp: NOON + index * 60, ...prices, ...amounts, ...values };
}

function query(values: Partial<BarsQuery> = {}): BarsQuery {
  return { timeframe: "1m", from: NOON, to: NOON + 600, countback: undefined, ...values };
}

describe("how many candles are read", () => {
  test("is what is counted back, or what the range holds", () => {
    expect(barsWanted(query({ countback: 300 }))).toBe(300);
    expect(barsWanted(query())).toBe(10);
    expect(barsWanted(query({ from: NOON + 1, to: NOON + 601 }))).toBe(10);
  });

  test("is never more than one answer holds, and never none: older ones are told of", () => {
    expect(barsWanted(query({ countback: 9_999_999 }))).toBe(BARS_MAX);
    expect(barsWanted(query({ from: 0 }))).toBe(BARS_MAX);
    expect(barsWanted(query({ from: NOON, to: NOON }))).toBe(1);
  });
});

describe("bars", () => {
  test("are columns of numbers", () => {
    expect(
      historyOf(query(), [candle(0), candle(1, { volume_from: "1234567890.123456789" })]),
    ).toEqual({
      s: "ok",
      t: [NOON, NOON + 60],
      o: [1, 1],
      h: [2, 2],
      l: [0.5, 0.5],
      c: [1.5, 1.5],
      v: [3, Number("1234567890.123456789")],
    });
  });

  test("have no volumes where one of them is not known: it is not 0", () => {
    const history = historyOf(query(), [candle(0), candle(1, { volume_from: null })]);
    expect(history).not.toHaveProperty("v");
    expect(history).toMatchObject({ s: "ok", t: [NOON, NOON + 60] });
  });

  test("before the range are not shown, but the newest of them is told of", () => {
    expect(historyOf(query(), [candle(-3), candle(-2), candle(1)])).toMatchObject({
      t: [NOON + 60],
    });
    expect(historyOf(query(), [candle(-3), candle(-2)])).toEqual({
      s: "no_data",
      nextTime: NOON - 120,
    });
    expect(historyOf(query(), [])).toEqual({ s: "no_data" });
  });

  test("are the newest of those counted back", () => {
    const candles = [candle(0), candle(1), candle(2)];
    expect(historyOf(query({ from: undefined, countback: 2 }), candles)).toMatchObject({
      t: [NOON + 60, NOON + 120],
    });
  });
});
