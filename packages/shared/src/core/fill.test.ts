import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fillBetween, placesBack, unfilled, type Filling } from "./fill.ts";
import type { FillMode, ServedCandle } from "./served-candle.ts";
import { addCandles, openTimeOf, TIMEFRAMES } from "./timeframe.ts";

const HOUR = 3_600;
const START = Date.UTC(2026, 0, 1) / 1_000;
const EVERYWHERE = { from: 0, to: Number.MAX_SAFE_INTEGER };

function candle(timestamp: number, open: number | string, close: number | string): ServedCandle {
  const values = { open, high: 9_999, low: 1, close, volume_from: 5, volume_to: 6, trades: 7 };
  return { timestamp, ...values };
}

/** Three hours are missing between them. */
const BEFORE = candle(START, 90, "100.123456789012345678");
const AFTER = candle(START + 4 * HOUR, 108, 120);

function fill(mode: FillMode, changes: Partial<Filling> = {}, range = EVERYWHERE): ServedCandle[] {
  const filling = { timeframe: "1h", from: "1h", columns: 0, ...changes } as const;
  return mode === "none" ? [] : [...fillBetween({ ...filling, mode }, BEFORE, AFTER, range)];
}

const flat = (price: number | string | null, volume: number | null) => ({
  open: price,
  high: price,
  low: price,
  close: price,
  volume_from: volume,
  volume_to: volume,
  trades: volume,
  filled: true,
});

describe("fillBetween", () => {
  const times = [1, 2, 3].map((hour) => START + hour * HOUR);

  test.each([
    ["null", null, null],
    ["prev", "100.123456789012345678", null],
    ["zero", "100.123456789012345678", 0],
  ] as const)(
    "puts in every place, with fill=%s, the price %s and the volume %s",
    (mode, price, volume) => {
      expect(fill(mode)).toEqual(times.map((timestamp) => ({ timestamp, ...flat(price, volume) })));
    },
  );

  test("puts prices on the line from the close before to the open after, with fill=linear", () => {
    const [first, second, third] = fill("linear").map(({ close }) => Number(close));
    expect(first).toBeCloseTo(102.0925925917, 9);
    expect(second).toBeCloseTo(104.0617283945, 9);
    expect(third).toBeCloseTo(106.0308641972, 9);
    expect(fill("linear")[1]).toEqual({ timestamp: times[1], ...flat(second ?? null, null) });
  });

  test("says of a rolled-up candle that all finer ones are missing, and that it is closed", () => {
    expect(fill("null", { from: "5m" })[0]).toEqual({
      timestamp: times[0],
      ...flat(null, null),
      missing: 12,
      closed: true,
    });
  });

  test("has a null for each column of the indicators", () => {
    expect(fill("prev", { columns: 2 }).map(({ indicators }) => indicators)).toEqual([
      [null, null],
      [null, null],
      [null, null],
    ]);
  });

  test("fills nothing between neighbours, nor before what lies off the grid", () => {
    const filling = { mode: "prev", timeframe: "1h", from: "1h", columns: 0 } as const;
    const between = (a: number, b: number) => [
      ...fillBetween(filling, candle(a, 1, 1), candle(b, 1, 1), EVERYWHERE),
    ];
    expect(between(START, START + HOUR)).toEqual([]);
    expect(between(START, START + 1)).toEqual([]);
    expect(between(START + 1, START + HOUR + 1).map(({ timestamp }) => timestamp)).toEqual([
      START + HOUR,
    ]);
  });

  test("gives a part of the places as it gives all of them, in every timeframe", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...TIMEFRAMES),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: -3, max: 70 }),
        fc.integer({ min: 0, max: 70 }),
        (timeframe, steps, from, length) => {
          const first = openTimeOf(START, timeframe);
          const time = (step: number) => addCandles(first, timeframe, step);
          const filling = { mode: "linear", timeframe, from: timeframe, columns: 0 } as const;
          const part = (range: typeof EVERYWHERE) => [
            ...fillBetween(filling, candle(first, 1, 10), candle(time(steps), 20, 1), range),
          ];
          const all = part(EVERYWHERE);
          expect(all.map(({ timestamp }) => timestamp)).toEqual(
            Array.from({ length: steps - 1 }, (_, step) => time(step + 1)),
          );
          const range = { from: time(from) - 1, to: time(from + length) };
          expect(part(range)).toEqual(
            all.filter(({ timestamp }) => timestamp >= range.from && timestamp < range.to),
          );
        },
      ),
    );
  });
});

test("placesBack counts the place that a time is in", () => {
  expect(placesBack(START + 1, "1h", 1)).toBe(START);
  expect(placesBack(START + 1, "1h", 3)).toBe(START - 2 * HOUR);
  expect(placesBack(START + 1, "1M", 2)).toBe(Date.UTC(2025, 11, 1) / 1_000);
});

test("unfilled says that a candle stands in its own place", () => {
  expect(unfilled(BEFORE)).toEqual({ ...BEFORE, filled: false });
});
