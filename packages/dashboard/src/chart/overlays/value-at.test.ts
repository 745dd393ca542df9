import { expect, test } from "vitest";
import { valueAt } from "./value-at.ts";

const TIMES = [0, 60, 120];

test("under the crosshair stands the value of that candle, or none", () => {
  expect(valueAt(TIMES, [1, 2, 3], { time: 60, end: 180 })).toBe(2);
  expect(valueAt(TIMES, [1, null, 3], { time: 60, end: 180 })).toBeNull();
  expect(valueAt(TIMES, [1, 2, 3], { time: 90, end: 180 })).toBeNull();
});

test("without a crosshair stands the last value that is seen", () => {
  expect(valueAt(TIMES, [1, 2, 3], { time: null, end: Infinity })).toBe(3);
  expect(valueAt(TIMES, [1, 2, 3], { time: null, end: 120 })).toBe(2);
  expect(valueAt(TIMES, [1, 2, null], { time: null, end: 180 })).toBe(2);
  expect(valueAt(TIMES, [null, null, null], { time: null, end: 180 })).toBeNull();
  expect(valueAt(TIMES, undefined, { time: null, end: 180 })).toBeNull();
});
