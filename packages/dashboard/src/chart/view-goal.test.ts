import { describe, expect, it } from "vitest";
import { isReached, placesOfView } from "./view-goal.ts";

const timestamp = [0, 60, 120, 600, 660];

describe("where a view is among the candles", () => {
  it("is at the end where it is of the newest", () => {
    const view = { range: null, count: null };
    expect(placesOfView(view, timestamp, 2)).toEqual({ seen: { from: 3, to: 5 }, isMissed: false });
  });

  it("is where its range is", () => {
    const view = { range: { start: 60, end: 601 }, count: null };
    expect(placesOfView(view, timestamp, 2)).toEqual({ seen: { from: 1, to: 4 }, isMissed: false });
  });

  it("is on both sides of a range that holds no candle", () => {
    const view = { range: { start: 180, end: 300 }, count: null };
    expect(placesOfView(view, timestamp, 2)).toEqual({ seen: { from: 2, to: 4 }, isMissed: true });
  });

  it("is nowhere while nothing is stored", () => {
    const view = { range: { start: 180, end: 300 }, count: null };
    expect(placesOfView(view, [], 2)).toEqual({ seen: { from: 0, to: 0 }, isMissed: false });
  });
});

it("is loaded where some of it is, or where the newest candles are", () => {
  const loaded = { start: 600, end: 900, isNewest: false };
  expect(isReached({ range: { start: 0, end: 601 }, count: null }, loaded)).toBe(true);
  expect(isReached({ range: { start: 0, end: 600 }, count: null }, loaded)).toBe(false);
  expect(isReached({ range: null, count: null }, loaded)).toBe(false);
  expect(isReached({ range: null, count: null }, { ...loaded, isNewest: true })).toBe(true);
});
