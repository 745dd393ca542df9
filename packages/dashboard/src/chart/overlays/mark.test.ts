import { expect, test } from "vitest";
import { marksOf, outlierText, revisedValues, revisionText, type RevisionRecord } from "./mark.ts";

const VALUES = {
  open: 100,
  high: 110,
  low: 90,
  close: 105,
  volume_from: 5,
  volume_to: null,
  trades: 7,
};

const REVISION: RevisionRecord = {
  timestamp: 1_680_000_000,
  seen_at: 1_680_000_180.25,
  stored: VALUES,
  revised: { ...VALUES, close: 106, trades: null },
};

const OUTLIER = {
  timestamp: 1_522_785_600,
  field: "close",
  value: 5200,
  expected: 7314.107,
  score: -22.13,
} as const;

test("revisions and outliers of one candle are one mark, and marks ascend", () => {
  const marks = marksOf(
    [REVISION, { ...REVISION, seen_at: REVISION.seen_at + 60 }],
    [OUTLIER, { ...OUTLIER, field: "low" }, { ...OUTLIER, timestamp: REVISION.timestamp }],
  );
  expect(
    marks.map(({ timestamp, revisions, outliers }) => [
      timestamp,
      revisions.length,
      outliers.length,
    ]),
  ).toEqual([
    [OUTLIER.timestamp, 0, 2],
    [REVISION.timestamp, 2, 1],
  ]);
});

test("an outlier is told with what was expected, and how far it lies from that", () => {
  expect(outlierText(OUTLIER)).toBe(
    "close 5,200, where the candles around say 7,314.107: 22.13 times the usual scatter below",
  );
  expect(
    outlierText({ ...OUTLIER, field: "upper_wick", value: 0.12, expected: 0.002, score: 31 }),
  ).toBe(
    "upper wick 12 % of the price, where the candles around say 0.2 % of the price: 31 times the usual scatter above",
  );
});

test("a revision is told by the values that differ, with when it was seen", () => {
  expect(revisedValues(REVISION)).toEqual([
    { name: "close", stored: "105", revised: "106" },
    { name: "trades", stored: "7", revised: "not given" },
  ]);
  expect(revisionText(REVISION, "UTC")).toBe(
    "close from 105 to 106, trades from 7 to not given; seen on 28 Mar 2023, 10:43",
  );
});

test("a revision without the stored candle beside it tells its own values", () => {
  expect(revisedValues({ ...REVISION, stored: null })).toContainEqual({
    name: "close",
    stored: "not given",
    revised: "106",
  });
});
