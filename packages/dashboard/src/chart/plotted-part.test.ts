import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isContinued, isEnough, isTooMuch, partAround } from "./plotted-part.ts";

const seenOf = fc
  .record({ length: fc.integer({ min: 1, max: 200_000 }), from: fc.nat(), count: fc.nat(8_000) })
  .map(({ length, from, count }) => ({
    length,
    seen: { from: from % length, to: Math.min(length, (from % length) + count) },
  }));

describe("the part of the candles that a chart is given", () => {
  it("is enough for what it was made for", () => {
    fc.assert(
      fc.property(seenOf, ({ length, seen }) => {
        expect(isEnough(partAround(seen, length), seen, length)).toBe(true);
      }),
    );
  });

  it("is enough after a step to either side", () => {
    fc.assert(
      fc.property(seenOf, fc.integer({ min: -1_400, max: 1_400 }), ({ length, seen }, step) => {
        const moved = {
          from: Math.min(length, Math.max(0, seen.from + step)),
          to: Math.min(length, Math.max(0, seen.to + step)),
        };
        expect(isEnough(partAround(seen, length), moved, length)).toBe(true);
      }),
    );
  });

  it("is cut where a long walk has made it many times as long", () => {
    const seen = { from: 50_000, to: 50_200 };
    expect(isTooMuch(partAround(seen, 100_000), seen, 100_000)).toBe(false);
    expect(isTooMuch({ from: 40_000, to: 90_000 }, seen, 100_000)).toBe(true);
  });

  it("holds a few screens of a hundred thousand candles", () => {
    const { from, to } = partAround({ from: 50_000, to: 50_200 }, 100_000);
    expect(to - from).toBe(6_200);
  });
});

describe("what comes behind the candles of a chart", () => {
  const given = [10, 20, 30, 50, 60];

  it("is added to them", () => {
    expect(isContinued(given, given, 0)).toBe(true);
    expect(isContinued(given, [...given, 70], 0)).toBe(true);
    expect(isContinued(given, [1, 2, ...given, 70, 80], 2)).toBe(true);
  });

  it("is not, where a candle came late between them", () => {
    expect(isContinued(given, [10, 20, 30, 40, 50, 60], 0)).toBe(false);
    expect(isContinued(given, [10, 20, 30, 40, 50, 60, 70], 0)).toBe(false);
  });

  it("is not, where one of them has gone", () => {
    expect(isContinued(given, [10, 20, 30, 50], 0)).toBe(false);
    expect(isContinued(given, [10, 20, 30, 50, 70], 0)).toBe(false);
    expect(isContinued([], given, 0)).toBe(false);
  });
});
