import { expect, test } from "vitest";
import type { Run } from "./missing.ts";
import { cutBefore, passesOf, planScan, scanEnd, type ScanKnowledge } from "./scan-ranges.ts";

const DAY = 86_400;
/** 2026-11-23T12:00:30Z */
const NOW = Date.UTC(2026, 10, 23, 12, 0, 30) / 1_000;
const TODAY = NOW - 43_230;
const KNOWN: ScanKnowledge = { firstHeld: TODAY - 30 * DAY, firstAsked: null, unsettled: [] };

test("candles of the last quarter of an hour may be on their way", () => {
  expect(scanEnd(NOW, "1m")).toBe(NOW - 30 - 900);
  expect(scanEnd(NOW, "1h")).toBe(TODAY + 11 * 3_600);
});

test("a whole scan begins where something is held or was asked for, and not without", () => {
  const end = scanEnd(NOW, "1m");
  const plan = (known: Partial<ScanKnowledge>, scope = {}) =>
    planScan({ kind: "range", ...scope }, { ...KNOWN, ...known }, "1m", NOW);
  expect(plan({})).toEqual([{ start: TODAY - 30 * DAY, end }]);
  expect(plan({ firstAsked: 0 })).toEqual([{ start: 0, end }]);
  expect(plan({ firstHeld: null })).toEqual([]);
  expect(plan({}, { start: NOW })).toEqual([]);
});

test("whole days are scanned, up to the present, and from the first candle on where none else is named", () => {
  const end = scanEnd(NOW, "1m");
  const firstHeld = TODAY - 5 * DAY + 43_200;
  const plan = (start: number, until: number) => {
    const known = { ...KNOWN, firstHeld };
    return planScan({ kind: "range", start, end: until }, known, "1m", NOW).map((found) => [
      found.start,
      found.end,
    ]);
  };
  expect(plan(TODAY - 60, TODAY + 30)).toEqual([[TODAY - DAY, end]]);
  expect(plan(TODAY - 2 * DAY + 600, TODAY - 2 * DAY + 660)).toEqual([
    [TODAY - 2 * DAY, TODAY - DAY],
  ]);
  expect(plan(TODAY - 2 * DAY, TODAY - DAY)).toEqual([[TODAY - 2 * DAY, TODAY - DAY]]);
  expect(plan(firstHeld + 600, firstHeld + 660)).toEqual([[firstHeld, TODAY - 4 * DAY]]);
  expect(plan(firstHeld - 600, firstHeld)).toEqual([[firstHeld - 600, TODAY - 4 * DAY]]);
});

function at(day: number, hour: number): number {
  return day * DAY + hour * 3_600;
}

function run(start: number, end: number): Run {
  return { start, end };
}

test("what was found is parted where no run, no day's runs and no record of several is cut", () => {
  const end = 10 * DAY;
  const runs = [run(at(7, 3), at(7, 4)), run(at(8, 2), at(8, 3)), run(at(8, 20), at(9, 2))];
  expect(cutBefore(end, runs, [])).toBe(end);
  expect(cutBefore(end, [...runs, run(at(9, 5), at(9, 6)), run(at(9, 22), end)], [])).toBe(
    at(9, 5),
  );
  // A run of many days goes on: the day that it began on does too.
  expect(cutBefore(end, [...runs.slice(0, 2), run(at(8, 20), end)], [])).toBe(at(8, 2));
  expect(cutBefore(end, runs, [run(at(8, 2), at(10, 1))])).toBe(at(8, 2));
  expect(cutBefore(end, runs, [run(at(7, 1), at(8, 5)), run(at(8, 4), at(10, 1))])).toBe(at(7, 1));
});

test("a scan of the last days also looks at what is not settled, once", () => {
  const unsettled = [
    { start: TODAY - 20 * DAY + 600, end: TODAY - 20 * DAY + 660 },
    { start: TODAY - 20 * DAY + 1_200, end: TODAY - 20 * DAY + 1_260 },
    { start: TODAY - DAY, end: TODAY - DAY + 60 },
  ];
  expect(planScan({ kind: "recent", days: 3 }, { ...KNOWN, unsettled }, "1m", NOW)).toEqual([
    { start: TODAY - 20 * DAY, end: TODAY - 19 * DAY },
    { start: TODAY - 3 * DAY, end: scanEnd(NOW, "1m") },
  ]);
});

test("a scan of the last days looks at some months too, where a candle is one", () => {
  const [range] = planScan({ kind: "recent", days: 3 }, { ...KNOWN, firstHeld: 0 }, "1M", NOW);
  expect(range?.start).toBe(Date.UTC(2026, 7, 1) / 1_000);
});

test("a long stretch is looked at in years of minutes, without a break", () => {
  const passes = passesOf({ start: 60, end: 3 * 365 * DAY }, "1m");
  expect(passes.map(({ start, end }) => [start, end])).toEqual([
    [60, 365 * DAY],
    [365 * DAY, 730 * DAY],
    [730 * DAY, 1_095 * DAY],
  ]);
  expect(passesOf({ start: 0, end: 3_000 * DAY }, "1d")).toEqual([{ start: 0, end: 3_000 * DAY }]);
});
