import { timestampOf } from "../keep-view.ts";
import { expect, test } from "vitest";
import { breaksAt, breaksIn, changedFrom, NO_COLUMN, pointsOf } from "./plot-data.ts";

const columnOf = (times: readonly number[], values: readonly (number | null)[]) => ({
  timestamp: times.map(timestampOf),
  values,
});

const DRAWN = columnOf([0, 60, 120, 180], [null, 1, 2, 3]);

test("a value that is null is a place without a point", () => {
  expect(pointsOf(DRAWN, new Set())).toEqual([
    { time: 0 },
    { time: 60, value: 1 },
    { time: 120, value: 2 },
    { time: 180, value: 3 },
  ]);
  expect(pointsOf(DRAWN, new Set(), 3)).toEqual([{ time: 180, value: 3 }]);
});

test("a newest value that changed, and newer ones, are updated alone", () => {
  expect(changedFrom(DRAWN, columnOf([0, 60, 120, 180], [null, 1, 2, 9]))).toBe(3);
  expect(changedFrom(DRAWN, columnOf([0, 60, 120, 180, 240], [null, 1, 2, 3, 4]))).toBe(3);
});

test("what is older, or more, or less, is given anew", () => {
  expect(changedFrom(NO_COLUMN, DRAWN)).toBeNull();
  expect(changedFrom(DRAWN, columnOf([-60, 0, 60, 120, 180], [null, 1, 1, 2, 3]))).toBeNull();
  expect(changedFrom(DRAWN, columnOf([0, 60, 120], [null, 1, 2]))).toBeNull();
  expect(changedFrom(DRAWN, columnOf([0, 60, 120, 180], [null, 1, 5, 3]))).toBeNull();
  const many = columnOf([0, 60, 120, 180, 240, 300, 360, 420, 480], Array(9).fill(1));
  expect(changedFrom(DRAWN, many)).toBeNull();
});

test("a line stops where candles are missing, and goes on behind them", () => {
  expect(breaksAt([0, 60, 300, 360], [120, 180, 240])).toEqual(new Set([60]));
  expect(pointsOf(DRAWN, new Set([60]))).toMatchObject([
    { time: 0 },
    { time: 60, color: "rgba(0, 0, 0, 0)" },
    { time: 120, value: 2 },
    { time: 180, value: 3 },
  ]);
});

test("a line goes on over some quiet minutes, and stops at more of them", () => {
  expect(breaksIn([0, 60, 420, 900], "1m")).toEqual(new Set([420]));
  expect(breaksIn([], "1m")).toEqual(new Set());
});
