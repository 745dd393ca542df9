import { TIMEFRAMES, timeframeSeconds } from "@candlehouse/shared/core/timeframe";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { candlesIn, overlaps, roundRange, viewAround } from "./shown-range.ts";

const shown = fc
  .record({
    start: fc.integer({ min: 0, max: 2_000_000_000 }),
    length: fc.integer({ min: 1, max: 400_000_000 }),
  })
  .map(({ start, length }) => ({ start, end: start + length }));
const timeframe = fc.constantFrom(...TIMEFRAMES);

describe("roundRange", () => {
  test("holds what is shown, and is not much longer", () => {
    fc.assert(
      fc.property(shown, timeframe, (seen, one) => {
        const range = roundRange(seen, one);
        expect(range.start).toBeLessThanOrEqual(seen.start);
        expect(range.end).toBeGreaterThanOrEqual(seen.end);
        const least = Math.max(256 * timeframeSeconds(one), seen.end - seen.start);
        expect(range.end - range.start).toBeLessThanOrEqual(4 * least);
      }),
    );
  });

  test("is the same while the view moves within it", () => {
    const day = { start: 1_700_000_000, end: 1_700_086_400 };
    const later = { start: day.start + 600, end: day.end + 600 };
    expect(roundRange(later, "1m")).toEqual(roundRange(day, "1m"));
  });

  test("does not begin before time does", () => {
    expect(roundRange({ start: 0, end: 60 }, "1m").start).toBe(0);
  });
});

test("candlesIn counts open times", () => {
  expect(candlesIn({ start: 3_600, end: 7_200 }, "1m")).toBe(60);
  expect(candlesIn({ start: 3_601, end: 3_602 }, "1h")).toBe(1);
});

test("ranges overlap where they have a second in common", () => {
  expect(overlaps({ start: 0, end: 10 }, { start: 9, end: 20 })).toBe(true);
  expect(overlaps({ start: 0, end: 10 }, { start: 10, end: 20 })).toBe(false);
});

test("a view around a range has it in its middle, and begins at an open time", () => {
  const view = viewAround({ start: 1_679_661_600, end: 1_679_666_400 }, "1m", 240);
  expect(view).toEqual({ start: 1_679_656_800, end: 1_679_671_200 });
  expect(view.start % 60).toBe(0);
});

test("a view around a month is not before time began", () => {
  expect(viewAround({ start: 0, end: 60 }, "1M", 100).start).toBe(0);
});
