import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addDays,
  countedDays,
  dayOfName,
  explainDays,
  levelOf,
  nameOfDay,
  placeOf,
  sumDays,
  type CountedDay,
} from "./day-coverage.ts";
import { gapWith } from "./gap-record.test-data.ts";

const day = dayOfName("2023-03-24");
const at = (time: string) => Date.parse(time) / 1_000;

function counted(some: Partial<CountedDay> = {}): CountedDay {
  return { day, expected: 1_440, hot: 0, cold: 1_360, held: 1_360, ...some };
}

describe("what gaps say of days", () => {
  test("an open gap is missing, and names its class", () => {
    const [found] = explainDays(
      [counted()],
      [gapWith({ missing: 80, end: at("2023-03-24T14:00Z") })],
    );
    expect(found).toMatchObject({
      missing: 80,
      explained: 0,
      classes: [{ name: "unknown", candles: 80 }],
    });
  });

  test("an unfillable gap is explained, and a filled one says nothing", () => {
    const gap = { missing: 80, end: at("2023-03-24T14:00Z") };
    const outage = gapWith({ ...gap, class: "source_outage", state: "unfillable" });
    expect(explainDays([counted()], [outage])[0]).toMatchObject({ missing: 0, explained: 80 });
    const filled = gapWith({ ...gap, state: "filled" });
    expect(explainDays([counted()], [filled])[0]).toMatchObject({ missing: 80, classes: [] });
  });

  test("a gap over midnight is shared out between its days", () => {
    const gap = gapWith({
      start: at("2023-03-24T23:50Z"),
      end: at("2023-03-25T00:05Z"),
      missing: 15,
    });
    const days = [
      counted({ held: 1_430, cold: 1_430 }),
      counted({ day: day + 1, held: 1_435, cold: 1_435 }),
    ];
    expect(explainDays(days, [gap]).map(({ classes }) => classes[0]?.candles)).toEqual([10, 5]);
  });

  test("the runs of a record all belong to the day on which they begin", () => {
    const gap = gapWith({
      class: "no_trades",
      state: "unfillable",
      start: at("2023-03-24T03:00Z"),
      end: at("2023-03-25T00:02Z"),
      missing: 7,
      runs: 5,
    });
    const days = explainDays([counted({ held: 1_433 }), counted({ day: day + 1 })], [gap]);
    expect(days.map(({ explained }) => explained)).toEqual([7, 0]);
  });

  test("each candle that is not held is explained or missing, and never both", () => {
    const gaps = fc.array(
      fc.record({
        offset: fc.integer({ min: -2_000, max: 3_000 }),
        minutes: fc.integer({ min: 1, max: 3_000 }),
        isExplained: fc.boolean(),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(gaps, fc.nat(1_440), (given, held) => {
        const records = given.map(({ offset, minutes, isExplained }) => {
          const start = day * 86_400 + offset * 60;
          return gapWith({
            start,
            end: start + minutes * 60,
            missing: minutes,
            state: isExplained ? "unfillable" : "open",
          });
        });
        const [found] = explainDays([counted({ held, cold: held })], records);
        expect((found?.explained ?? 0) + (found?.missing ?? 0)).toBe(1_440 - held);
        expect(found?.explained).toBeGreaterThanOrEqual(0);
        expect(found?.missing).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe("a day's level", () => {
  test.each([
    [0, 0, "idle"],
    [1_440, 0, "none"],
    [1_440, 1, "low"],
    [1_440, 720, "middle"],
    [1_440, 1_439, "high"],
    [1_440, 1_440, "full"],
  ] as const)("of %i due, %i held are %s", (expected, held, level) => {
    expect(levelOf(counted({ expected, held }))).toBe(level);
  });

  test("is never full while a candle is not held", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.nat(), (expected, seed) => {
        expect(levelOf(counted({ expected, held: seed % expected }))).not.toBe("full");
      }),
    );
  });
});

test("a day is hot, cold or both by where its candles are", () => {
  expect(placeOf(counted({ hot: 1, cold: 0 }))).toBe("hot");
  expect(placeOf(counted({ hot: 0, cold: 1 }))).toBe("cold");
  expect(placeOf(counted({ hot: 1, cold: 1 }))).toBe("both");
  expect(placeOf(counted({ hot: 0, cold: 0 }))).toBe("nowhere");
});

test("the days of several series are summed, in order", () => {
  const sums = sumDays([
    [counted({ day: day + 1 })],
    [counted(), counted({ day: day + 1, hot: 5 })],
  ]);
  expect(sums).toEqual([
    counted(),
    { day: day + 1, expected: 2_880, hot: 5, cold: 2_720, held: 2_720 },
  ]);
});

test("nothing is due before a series' first candle", () => {
  const answer = {
    series: "binance:BTC-USDT:1m",
    days: [
      { day: "2023-03-24", expected: 1_440, hot: 720, cold: 0, held: 720 },
      { day: "2023-03-25", expected: 1_440, hot: 1_440, cold: 0, held: 1_440 },
    ],
    meta: { count: 2, durationMs: 1 },
  };
  const days = countedDays(answer, at("2023-03-24T12:00Z"), "1m");
  expect(days.map(({ expected }) => expected)).toEqual([720, 1_440]);
});

test("what is held was due, however lately it closed", () => {
  const answer = {
    series: "binance:BTC-USDT:1m",
    days: [{ day: "2023-03-25", expected: 737, hot: 752, cold: 0, held: 752 }],
    meta: { count: 1, durationMs: 1 },
  };
  const [today] = countedDays(answer, at("2023-03-24T12:00Z"), "1m");
  expect(today).toMatchObject({ expected: 752, held: 752 });
});

test("totals count the days without a miss, explained absences among them", () => {
  const outage = gapWith({
    missing: 80,
    end: at("2023-03-24T14:00Z"),
    class: "source_outage",
    state: "unfillable",
  });
  const days = explainDays([counted(), counted({ day: day + 1 })], [outage]);
  expect(addDays(days)).toEqual({
    days: 2,
    wholeDays: 1,
    hotDays: 0,
    coldDays: 2,
    expected: 2_880,
    held: 2_720,
    explained: 80,
    missing: 80,
  });
});

test("a day has the name of its date", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40_000 }), (one) => {
      expect(dayOfName(nameOfDay(one))).toBe(one);
    }),
  );
  expect(dayOfName("2023-13-01")).toBeNaN();
});
