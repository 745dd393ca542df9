import { openTimeOf } from "@candlehouse/shared/core/timeframe";
import { expect, test } from "vitest";
import { fitRange } from "./fit-range.ts";

const NOW = openTimeOf(1_680_000_000, "1m");
const HOUR = 3_600;

test("a range that there is room for stays as it is", () => {
  const range = { start: NOW - HOUR, end: NOW - 60 };
  expect(fitRange(range, "1m", 60, NOW)).toEqual(range);
  const future = { start: NOW + 60, end: NOW + 120 };
  expect(fitRange(future, "1m", 60, NOW)).toEqual(future);
  const acrossNow = { start: NOW - 60, end: NOW + HOUR };
  expect(fitRange(acrossNow, "1m", 60, NOW)).toEqual(acrossNow);
});

test("of a range that there is no room for, its end is shown, or now", () => {
  expect(fitRange({ start: 0, end: NOW - HOUR }, "1m", 60, NOW)).toEqual({
    start: NOW - 2 * HOUR,
    end: NOW - HOUR,
  });
  expect(fitRange({ start: 0, end: NOW + 400 * HOUR }, "1m", 60, NOW)).toEqual({
    start: NOW - HOUR,
    end: NOW,
  });
});
