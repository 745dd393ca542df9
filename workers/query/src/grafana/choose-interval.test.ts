import { countCandles, TIMEFRAMES, timeframeSeconds } from "@candlehouse/shared/core/timeframe";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseInterval, intervalsOf } from "./choose-interval.ts";

const FROM = Date.UTC(2023, 0, 1) / 1_000;
const DAY = 86_400;

describe("chooseInterval", () => {
  test.each([
    ["1m", 1, 1_440, "1m"],
    ["1m", 1, 1_439, "3m"],
    ["1m", 7, 1_000, "15m"],
    ["1m", 365, 1_000, "12h"],
    ["4h", 1, 10_000, "4h"],
    ["1h", 365, 300, "3d"],
    ["1M", 30, 1, "1M"],
  ] as const)("of %s, %i days in %i candles, is %s", (finest, days, most, interval) => {
    expect(chooseInterval(finest, { from: FROM, to: FROM + days * DAY }, most)).toBe(interval);
  });

  test("is no finer than the panel's own interval", () => {
    const range = { from: FROM, to: FROM + DAY };
    expect(chooseInterval("1m", range, 5_000, 3_600)).toBe("1h");
    expect(chooseInterval("1m", range, 5_000, 3_601)).toBe("2h");
  });

  test("has a candle in the range, however short and however many are too many", () => {
    // From a Tuesday noon to the next one no week begins, and no month.
    const noon = Date.UTC(2023, 0, 10, 12) / 1_000;
    expect(chooseInterval("1m", { from: noon, to: noon + 7 * DAY }, 2, 30 * DAY)).toBe("1w");
    expect(chooseInterval("1m", { from: noon, to: noon + 2 * DAY }, 1)).toBe("3d");
    expect(chooseInterval("1m", { from: noon, to: noon + 3_600 }, 5_000, DAY)).toBe("12h");
    expect(chooseInterval("1d", { from: noon, to: noon + 3_600 }, 5_000)).toBe("1d");
  });

  test("fits, or is the coarsest of which the range has a candle", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...TIMEFRAMES),
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: 1, max: 6_000 * 24 }),
        fc.integer({ min: 1, max: 5_000 }),
        (finest, minutes, hours, most) => {
          const from = FROM + minutes * 60;
          const range = { from, to: from + hours * 3_600 };
          const interval = chooseInterval(finest, range, most);
          const held = intervalsOf(finest).filter((one) => countCandles(from, range.to, one) > 0);
          const coarsest = held.at(-1) ?? finest;
          expect(held.length === 0 || held.includes(interval)).toBe(true);
          expect(timeframeSeconds(interval)).toBeGreaterThanOrEqual(timeframeSeconds(finest));
          expect(
            interval === coarsest || countCandles(range.from, range.to, interval) <= most,
          ).toBe(true);
        },
      ),
    );
  });
});
