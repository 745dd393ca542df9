import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addCandles,
  closeTimeOf,
  countCandles,
  isAligned,
  isTimeframe,
  newestClosed,
  openTimeAtOrAfter,
  openTimeOf,
  TIMEFRAMES,
  timeframeSeconds,
  type Timeframe,
} from "./timeframe.ts";

const timeframe = fc.constantFrom<Timeframe>(...TIMEFRAMES);
/** 1990 to 2100. */
const seconds = fc.integer({ min: 631_152_000, max: 4_102_444_800 });

function at(iso: string): number {
  return Date.parse(iso) / 1_000;
}

describe("openTimeOf", () => {
  test.for([
    ["2023-03-24T12:39:59Z", "1m", "2023-03-24T12:39:00Z"],
    ["2023-03-24T12:39:59Z", "30m", "2023-03-24T12:30:00Z"],
    ["2023-03-24T23:59:59Z", "8h", "2023-03-24T16:00:00Z"],
    ["2023-03-24T12:39:00Z", "1d", "2023-03-24T00:00:00Z"],
    ["2023-03-26T23:59:59Z", "1w", "2023-03-20T00:00:00Z"],
    ["2023-03-27T00:00:00Z", "1w", "2023-03-27T00:00:00Z"],
    ["1970-01-02T00:00:00Z", "3d", "1970-01-02T00:00:00Z"],
    ["2024-02-29T23:59:59Z", "1M", "2024-02-01T00:00:00Z"],
  ] as const)("of %s in %s is %s", ([moment, frame, open]) => {
    expect(openTimeOf(at(moment), frame)).toBe(at(open));
  });

  test("is aligned, not after the moment, and its candle closes after it", () => {
    fc.assert(
      fc.property(seconds, timeframe, (moment, frame) => {
        const open = openTimeOf(moment, frame);
        expect(isAligned(open, frame)).toBe(true);
        expect(open).toBeLessThanOrEqual(moment);
        expect(closeTimeOf(open, frame)).toBeGreaterThan(moment);
        expect(closeTimeOf(open, frame) - open).toBeLessThanOrEqual(timeframeSeconds(frame));
      }),
    );
  });
});

describe("addCandles", () => {
  test("goes as far back as it went forth, over aligned times only", () => {
    const count = fc.integer({ min: -500, max: 500 });
    fc.assert(
      fc.property(seconds, timeframe, count, (moment, frame, steps) => {
        const open = openTimeOf(moment, frame);
        const there = addCandles(open, frame, steps);
        expect(isAligned(there, frame)).toBe(true);
        expect(addCandles(there, frame, -steps)).toBe(open);
      }),
    );
  });

  test("steps over months as the calendar does", () => {
    expect(addCandles(at("2024-01-01T00:00:00Z"), "1M", 2)).toBe(at("2024-03-01T00:00:00Z"));
    expect(addCandles(at("2024-01-01T00:00:00Z"), "1M", -1)).toBe(at("2023-12-01T00:00:00Z"));
  });
});

describe("countCandles", () => {
  test("counts the open times in a range, end exclusive", () => {
    const count = fc.integer({ min: 0, max: 300 });
    fc.assert(
      fc.property(seconds, timeframe, count, (moment, frame, candles) => {
        const start = openTimeOf(moment, frame);
        const end = addCandles(start, frame, candles);
        expect(countCandles(start, end, frame)).toBe(candles);
        expect(countCandles(start - 1, end + 1, frame)).toBe(candles + 1);
        expect(countCandles(end + 1, start, frame)).toBe(0);
      }),
    );
  });

  test("agrees with stepping through the range", () => {
    fc.assert(
      fc.property(
        seconds,
        timeframe,
        fc.double({ min: 0, max: 40, noNaN: true }),
        (from, frame, length) => {
          const to = from + Math.floor(length * timeframeSeconds(frame));
          let stepped = 0;
          for (
            let open = openTimeAtOrAfter(from, frame);
            open < to;
            open = closeTimeOf(open, frame)
          ) {
            stepped += 1;
          }
          expect(countCandles(from, to, frame)).toBe(stepped);
        },
      ),
    );
  });
});

describe("newestClosed", () => {
  test("is the last candle that has closed and settled", () => {
    const settle = fc.integer({ min: 0, max: 600 });
    fc.assert(
      fc.property(seconds, timeframe, settle, (now, frame, settleSeconds) => {
        const open = newestClosed(now, frame, settleSeconds);
        expect(isAligned(open, frame)).toBe(true);
        expect(closeTimeOf(open, frame) + settleSeconds).toBeLessThanOrEqual(now);
        const next = closeTimeOf(open, frame);
        expect(closeTimeOf(next, frame) + settleSeconds).toBeGreaterThan(now);
      }),
    );
  });
});

describe("isTimeframe", () => {
  test("tells a minute from a month, and refuses other words", () => {
    expect(isTimeframe("1m")).toBe(true);
    expect(isTimeframe("1M")).toBe(true);
    expect(["7m", "1H", "", "constructor"].some(isTimeframe)).toBe(false);
  });
});
