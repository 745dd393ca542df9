import { describe, expect, it } from "vitest";
import { rescale } from "./rescale.ts";

const NOW = 1_680_000_000;

describe("another timeframe", () => {
  it("shows as many candles around the same time", () => {
    const range = { start: NOW - 20_000_000, end: NOW - 20_000_000 + 6_000 };
    const { range: next } = rescale({ range, count: null }, null, "1m", "5m", NOW);
    expect(next).toEqual({ start: NOW - 20_012_000, end: NOW - 19_982_000 });
  });

  it("stays at the newest candle", () => {
    const view = { range: null, count: 150 };
    expect(rescale(view, { start: NOW - 6_000, end: NOW }, "1m", "1h", NOW)).toEqual(view);
  });

  it("goes to the newest candle where that is among what it shows", () => {
    const range = { start: NOW - 12_000, end: NOW - 6_000 };
    expect(rescale({ range, count: null }, null, "1m", "1h", NOW)).toEqual({
      range: null,
      count: 100,
    });
  });
});
