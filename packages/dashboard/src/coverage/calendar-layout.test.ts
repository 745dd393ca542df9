import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  cellOf,
  columnsOf,
  dayAt,
  firstDayOf,
  layoutYear,
  LEFT,
  moveBy,
  TOP,
  weekdayOf,
  yearOf,
} from "./calendar-layout.ts";
import { dayOfName, nameOfDay } from "./day-coverage.ts";

const years = fc.integer({ min: 2003, max: 2040 });
const widths = fc.integer({ min: 300, max: 3_800 });

describe("a year", () => {
  test("is hit at the middle of each of its cells, in any width", () => {
    fc.assert(
      fc.property(years, widths, fc.nat(364), (year, width, nth) => {
        const first = firstDayOf(year);
        const layout = layoutYear(year, width, { first, last: first + 365 });
        const day = first + nth;
        const { x, y } = cellOf(layout, day);
        expect(dayAt(layout, { x: x + layout.pitch / 2, y: y + layout.pitch / 2 })).toBe(day);
        expect(x).toBeGreaterThanOrEqual(LEFT);
        expect(x + layout.pitch).toBeLessThanOrEqual(Math.max(width, layout.width));
        expect(y + layout.pitch).toBeLessThanOrEqual(layout.height);
      }),
    );
  });

  test("fits into the width of a phone, with cells that a finger can hit", () => {
    const layout = layoutYear(2023, 328, { first: 0, last: dayOfName("2023-12-31") });
    expect(layout.width).toBeLessThanOrEqual(328);
    expect(layout.parts).toBe(4);
    expect(layout.pitch).toBeGreaterThanOrEqual(20);
  });

  test("has its weeks in one line on a wide screen", () => {
    expect(layoutYear(2023, 980, { first: 0, last: 40_000 }).parts).toBe(1);
  });

  test("leaves out the parts before the first and after the last day", () => {
    const range = { first: dayOfName("2023-05-01"), last: dayOfName("2023-06-01") };
    const layout = layoutYear(2023, 328, range);
    expect(layout.parts).toBe(1);
    expect(cellOf(layout, range.first).y).toBe(TOP);
    expect(dayAt(layout, cellOf(layout, range.first))).toBe(range.first);
  });

  test("has nothing beside its cells", () => {
    const layout = layoutYear(2023, 980, { first: 0, last: 40_000 });
    expect(dayAt(layout, { x: 3, y: 40 })).toBeNull();
    expect(dayAt(layout, { x: 100, y: 2 })).toBeNull();
    // 2023 began on a Sunday: the six cells above it are of the year before.
    expect(dayAt(layout, { x: LEFT + 1, y: TOP + 1 })).toBeNull();
  });
});

test("weeks begin on Monday", () => {
  expect(weekdayOf(dayOfName("2023-03-20"))).toBe(0);
  expect(weekdayOf(dayOfName("2023-03-26"))).toBe(6);
  expect(weekdayOf(-4)).toBe(6);
});

test("years stand beside each other where there is room for more than one", () => {
  expect(columnsOf(328, 9)).toBe(1);
  expect(columnsOf(1_600, 9)).toBe(2);
  expect(columnsOf(3_400, 1)).toBe(1);
});

describe("the cursor", () => {
  const from = dayOfName("2023-03-31");
  const after = (key: string, isControl = false) => {
    const day = moveBy(from, key, isControl);
    return day === null ? null : nameOfDay(day);
  };

  test("goes by days, weeks and months", () => {
    expect(after("ArrowDown")).toBe("2023-04-01");
    expect(after("ArrowUp")).toBe("2023-03-30");
    expect(after("ArrowLeft")).toBe("2023-03-24");
    expect(after("ArrowRight")).toBe("2023-04-07");
    expect(after("PageUp")).toBe("2023-02-28");
    expect(after("PageDown", true)).toBe("2024-03-31");
    expect(after("Home")).toBe("2023-01-01");
    expect(after("End")).toBe("2023-12-31");
  });

  test("goes to the first and the last day of all with Control", () => {
    expect(moveBy(from, "Home", true)).toBe(Number.NEGATIVE_INFINITY);
    expect(moveBy(from, "End", true)).toBe(Number.POSITIVE_INFINITY);
  });

  test("leaves other keys to the browser", () => {
    expect(after("Tab")).toBeNull();
    expect(after("a")).toBeNull();
  });
});

test("a day is in the year of its date", () => {
  fc.assert(
    fc.property(years, (year) => {
      expect(yearOf(firstDayOf(year))).toBe(year);
      expect(yearOf(firstDayOf(year) - 1)).toBe(year - 1);
    }),
  );
});
