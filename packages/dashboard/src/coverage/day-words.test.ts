import { expect, test } from "vitest";
import { dayOfName, explainDays } from "./day-coverage.ts";
import { adviceFor, count, describeDay, readOutDay } from "./day-words.ts";
import { gapWith } from "./gap-record.test-data.ts";
import { backfillLink, chartLinkOf } from "./links.ts";

const day = dayOfName("2023-03-24");
const COUNTED = { day, expected: 1_440, hot: 0, cold: 1_360, held: 1_360 };
const GAP = gapWith({ missing: 80, end: Date.parse("2023-03-24T14:00Z") / 1_000 });

test("a day says what is held, where, and what is missing and why", () => {
  const [found] = explainDays([COUNTED], [GAP]);
  expect(readOutDay(day, found)).toBe(
    "Friday, 24 March 2023. 1,360 of 1,440 candles; cold, in the archive. 80 candles missing: unexplained.",
  );
});

test("a day that no scan has looked at says so", () => {
  const [found] = explainDays([COUNTED], []);
  expect(found === undefined ? [] : describeDay(found)).toContain(
    "80 candles missing: no scan has looked at it yet.",
  );
});

test("a day whose absence is explained lacks nothing", () => {
  const outage = { ...GAP, class: "source_outage", state: "unfillable" } as const;
  const [found] = explainDays([COUNTED], [outage]);
  const words = found === undefined ? "" : describeDay(found).join(" ");
  expect(words).toContain("80 candles will not come: outage of the source.");
  expect(words).not.toContain("missing");
});

test("a day of which more is held than is missed yet says that all is there", () => {
  const [today] = explainDays([{ ...COUNTED, expected: 733, hot: 747, cold: 0, held: 747 }], []);
  expect(readOutDay(day, today)).toContain("747 candles, all that are due; hot, in D1.");
});

test("a day without a candle to be says so", () => {
  expect(readOutDay(day, undefined)).toContain("No candle opens on it");
  const idle = { ...COUNTED, expected: 0, held: 0, cold: 0, explained: 0, missing: 0, classes: [] };
  expect(describeDay(idle)).toEqual(["No candle is due yet."]);
});

test("one of something is not several", () => {
  expect(count(1, "candle")).toBe("1 candle");
  expect(count(1_360, "candle")).toBe("1,360 candles");
});

test("links lead to the chart with what is around a gap, and to a backfill of its time", () => {
  const { start, end } = GAP;
  expect(chartLinkOf(GAP)).toBe(
    `/?series=binance%3ABTC-USDT%3A1m&start=${start - 3_600}&end=${end + 3_600}`,
  );
  expect(backfillLink(GAP.series, GAP)).toBe(
    `/jobs?start=backfill&series=binance%3ABTC-USDT%3A1m&from=${start}&to=${end}`,
  );
});

test("another series is advised where none tells whether the source was silent", () => {
  expect(adviceFor(GAP)).toContain("Collect another series");
  const siblings = { series: 1, expected: 80, found: 80 };
  const told = { ...GAP, evidence: { ...GAP.evidence, siblings } };
  expect(adviceFor(told)).toBe("Repair it to ask the source once more.");
});
