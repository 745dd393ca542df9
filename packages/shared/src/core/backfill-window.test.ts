import { assert, constantFrom, integer, nat, property, tuple, uniqueArray } from "fast-check";
import { describe, expect, test } from "vitest";
import { planRequests, windowAt, windowsBefore, windowsOf } from "./backfill-window.ts";
import { countRuns, findRuns, type Run } from "./missing.ts";
import { partitionEnd, partitionOf } from "./partition.ts";
import { addCandles, countCandles, openTimeOf, TIMEFRAMES } from "./timeframe.ts";

const timeframes = constantFrom(...TIMEFRAMES);
const pages = constantFrom(1, 46, 300, 720, 1_000, 2_000, 50_000);

/** A range of up to `candles` candles, aligned. */
function ranges(candles: number) {
  return tuple(timeframes, integer({ min: 1_300_000_000, max: 1_700_000_000 }), nat(candles)).map(
    ([timeframe, at, count]) => {
      const start = openTimeOf(at, timeframe);
      return { timeframe, range: { start, end: addCandles(start, timeframe, count) } };
    },
  );
}

const at = (minute: number): number => 1_700_000_040 + minute * 60;

describe("windows", () => {
  test("follow each other from the start to the end, each of fifty requests at most", () => {
    assert(
      property(ranges(90_000), pages, ({ timeframe, range }, page) => {
        const windows = windowsOf(range, timeframe, page);
        const edges = [range.start, ...windows.map(({ end }) => end)];
        expect(windows.map(({ start }) => start)).toEqual(edges.slice(0, -1));
        expect(edges.at(-1)).toBe(range.end);
        for (const { start, end } of windows) {
          expect(countCandles(start, end, timeframe)).toBeGreaterThan(0);
          expect(countCandles(start, end, timeframe)).toBeLessThanOrEqual(
            Math.min(25_000, Math.max(1, 50 * page)),
          );
        }
      }),
      { numRuns: 200 },
    );
  });

  test("of minutes begin no file that they could leave to the next one", () => {
    const start = Date.UTC(2026, 0, 1) / 1_000;
    const windows = windowsOf({ start, end: start + 90 * 86_400 }, "1m", 1_000);
    const crossing = windows.filter(
      (window) => partitionEnd(partitionOf(window.start, "1m")) < window.end,
    );
    expect(windows).toHaveLength(6);
    expect(crossing).toEqual([]);
  });

  test("are found again by any open time in them", () => {
    assert(
      property(ranges(60_000), pages, nat(60_000), ({ timeframe, range }, page, skip) => {
        const cursor = addCandles(range.start, timeframe, skip);
        const windows = windowsOf(range, timeframe, page);
        const window = windowAt(windows, cursor);
        const before = windowsBefore(windows, cursor);
        expect(window === undefined).toBe(cursor >= range.end);
        expect(window?.start ?? cursor).toBe(cursor);
        expect(window?.end ?? range.end).toBe(windows[before]?.end ?? range.end);
      }),
      { numRuns: 200 },
    );
  });
});

describe("requests", () => {
  const runsOf = tuple(timeframes, uniqueArray(nat(400), { maxLength: 60 })).map(
    ([timeframe, holes]) => {
      const start = openTimeOf(1_700_000_000, timeframe);
      const missing = new Set(holes);
      const held = Array.from({ length: 401 }, (_, index) => index).flatMap((index) =>
        missing.has(index) ? [] : addCandles(start, timeframe, index),
      );
      const range = { from: start, to: addCandles(start, timeframe, 401) };
      return { timeframe, runs: findRuns(held, range, timeframe) };
    },
  );

  test.each([0, 1])(
    "ask for every wanted candle, within a page, with %d before each run",
    (overlap) => {
      assert(
        property(runsOf, integer({ min: 2, max: 500 }), ({ timeframe, runs }, page) => {
          const requests = planRequests(runs, timeframe, page, overlap);
          const isAsked = (time: number): boolean =>
            requests.some(({ start, end }) => time >= start && time < end);
          expect(
            runs.every(
              ({ start, end }) => isAsked(start) && isAsked(addCandles(end, timeframe, -1)),
            ),
          ).toBe(true);
          for (const { start, end } of requests) {
            expect(countCandles(start, end, timeframe)).toBeLessThanOrEqual(page);
          }
          expect(requests.length).toBeLessThanOrEqual(countRuns(runs, timeframe) * 2);
        }),
        { numRuns: 200 },
      );
    },
  );

  test("join runs that lie near to each other", () => {
    const runs: Run[] = [
      { start: at(0), end: at(2) },
      { start: at(30), end: at(31) },
      { start: at(300), end: at(310) },
    ];
    expect(planRequests(runs, "1m", 1_000, 1)).toEqual([
      { start: at(-1), end: at(31) },
      { start: at(299), end: at(310) },
    ]);
  });
});
