import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  candlesOfDay,
  clipRuns,
  countRuns,
  cutRuns,
  dayOf,
  dayStart,
  findRuns,
  joinRuns,
  subtractRanges,
  type Run,
} from "./missing.ts";
import { addCandles, closeTimeOf, openTimeAtOrAfter, TIMEFRAMES } from "./timeframe.ts";

const timeframe = fc.constantFrom(...TIMEFRAMES);
const DAY = 86_400;
const MARCH = Date.UTC(2023, 2, 1) / 1_000;

/** Every open time of the runs. */
function timesOf(runs: readonly Run[], frame: (typeof TIMEFRAMES)[number]): number[] {
  return runs.flatMap(({ start, end }) => {
    const times: number[] = [];
    for (let time = start; time < end; time = closeTimeOf(time, frame)) {
      times.push(time);
    }
    return times;
  });
}

/** A series of which some candles are held: a mark a candle, from a moment of 2023 on. */
const holdings = fc
  .tuple(timeframe, fc.integer({ min: MARCH, max: MARCH + 40 * DAY }), fc.array(fc.boolean()))
  .map(([frame, moment, marks]) => {
    const first = openTimeAtOrAfter(moment, frame);
    const times = marks.map((_, index) => addCandles(first, frame, index));
    return {
      frame,
      times,
      held: times.filter((_, index) => marks[index]),
      absent: times.filter((_, index) => !marks[index]),
      range: { from: first, to: addCandles(first, frame, marks.length) },
    };
  });

describe("findRuns", () => {
  test("finds just the open times of the range that are not held, in as few runs as there are", () => {
    fc.assert(
      fc.property(holdings, ({ frame, held, absent, range }) => {
        const runs = findRuns(held, range, frame);
        expect(timesOf(runs, frame)).toEqual(absent);
        expect(countRuns(runs, frame)).toBe(absent.length);
        for (const [index, run] of runs.entries()) {
          expect(runs[index + 1]?.start ?? Infinity).toBeGreaterThan(run.end);
        }
      }),
    );
  });

  test("passes over what is held outside the range, twice, or off the grid", () => {
    const held = [MARCH - 60, MARCH, MARCH, MARCH + 61, MARCH + 120, MARCH + 600];
    expect(findRuns(held, { from: MARCH, to: MARCH + 240 }, "1m")).toEqual([
      { start: MARCH + 60, end: MARCH + 120 },
      { start: MARCH + 180, end: MARCH + 240 },
    ]);
  });

  test("of a range between two open times finds nothing", () => {
    expect(findRuns([], { from: MARCH + 1, to: MARCH + 59 }, "1m")).toEqual([]);
  });
});

describe("runs", () => {
  test("subtracted, clipped, cut and joined, stand for the open times that they are to", () => {
    const ranges = fc.array(fc.tuple(fc.nat(30), fc.nat(10)), { maxLength: 5 });
    fc.assert(
      fc.property(holdings, ranges, ({ frame, held, absent, range }, places) => {
        const runs = findRuns(held, range, frame);
        const taken = places.map(([from, length]) => ({
          start: addCandles(range.from, frame, from),
          end: addCandles(range.from, frame, from + length),
        }));
        const isTaken = (time: number) =>
          taken.some(({ start, end }) => time >= start && time < end);
        expect(timesOf(subtractRanges(runs, taken), frame)).toEqual(
          absent.filter((time) => !isTaken(time)),
        );
        const [one] = taken;
        const clipped = one === undefined ? runs : clipRuns(runs, one);
        expect(timesOf(clipped, frame)).toEqual(
          absent.filter((time) => one === undefined || (time >= one.start && time < one.end)),
        );
        const cuts = taken.flatMap(({ start, end }) => [start, end + 1]);
        expect(timesOf(cutRuns(runs, cuts, frame), frame)).toEqual(absent);
        expect(
          cutRuns(runs, cuts, frame).every(({ start, end }) =>
            taken.every((cut) => !(cut.start > start && cut.start < end)),
          ),
        ).toBe(true);
        const joined = timesOf(joinRuns(runs, 3, frame), frame);
        expect(absent.every((time) => joined.includes(time))).toBe(true);
      }),
    );
  });

  test("are joined over as many candles as said, and not over more", () => {
    const runs = [
      { start: 0, end: 60 },
      { start: 180, end: 240 },
      { start: 420, end: 480 },
    ];
    expect(joinRuns(runs, 2, "1m")).toEqual([
      { start: 0, end: 240 },
      { start: 420, end: 480 },
    ]);
  });
});

describe("a day", () => {
  test("holds as many candles as open on it", () => {
    const monday = dayOf(Date.UTC(2023, 2, 27) / 1_000);
    expect(dayStart(monday)).toBe(Date.UTC(2023, 2, 27) / 1_000);
    expect(candlesOfDay(monday, "1m")).toBe(1_440);
    expect(candlesOfDay(monday, "4h")).toBe(6);
    expect(candlesOfDay(monday, "1w")).toBe(1);
    expect(candlesOfDay(monday + 1, "1w")).toBe(0);
    expect(candlesOfDay(dayOf(Date.UTC(2023, 3, 1) / 1_000), "1M")).toBe(1);
  });
});
