import { describe, expect, test } from "vitest";
import type { Candle } from "./candle.ts";
import { isSameCandle, selectUnstored } from "./select-candles.ts";

const candle: Candle = {
  timestamp: 1_700_000_040,
  open: 1,
  high: 2,
  low: 0.5,
  close: 1.5,
  volume_from: 10,
  volume_to: null,
  trades: 3,
};

describe("selectUnstored", () => {
  test("keeps what is not stored and what is stored with other values", () => {
    const later = { ...candle, timestamp: 1_700_000_100 };
    const restated = { ...candle, timestamp: 1_700_000_160, close: 1.6 };
    const stored = new Map([
      [candle.timestamp, candle],
      [restated.timestamp, { ...restated, close: 1.5 }],
    ]);
    expect(selectUnstored([candle, later, restated], stored)).toEqual([later, restated]);
  });
});

describe("isSameCandle", () => {
  test("tells each single value apart, null included", () => {
    const others: Partial<Candle>[] = [
      { open: 1.1 },
      { high: 2.1 },
      { low: 0.4 },
      { close: 1.4 },
      { volume_from: 11 },
      { volume_to: 0 },
      { trades: null },
    ];
    for (const other of others) {
      expect(isSameCandle(candle, { ...candle, ...other })).toBe(false);
    }
    expect(isSameCandle(candle, { ...candle })).toBe(true);
  });

  test("takes a double of the older schema for the longer decimal that it stands for", () => {
    const exact = { ...candle, volume_to: "924155159.58348651234" };
    const rounded = { ...candle, volume_to: Number("924155159.58348651234") };
    expect(isSameCandle(exact, rounded)).toBe(true);
    expect(isSameCandle(exact, { ...candle, volume_to: "924155159.58348651235" })).toBe(false);
  });
});
