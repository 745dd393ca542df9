import { describe, expect, test } from "vitest";
import {
  alignedRange,
  baseTimeframes,
  clipRange,
  clipStretches,
  holdsMore,
  hullOf,
  stretchesLacking,
} from "./base-plan.ts";
import { TIMEFRAMES, type Timeframe } from "./timeframe.ts";

const at = (text: string) => Date.parse(`${text}Z`) / 1_000;

describe("baseTimeframes", () => {
  test.each([
    ["1h", "1m", ["1h", "30m", "15m", "5m", "3m", "1m"]],
    ["1h", "5m", ["1h", "30m", "15m", "5m"]],
    ["1h", "1h", ["1h"]],
    ["1h", "2h", []],
    ["8h", "1h", ["8h", "4h", "2h", "1h"]],
    ["1w", "1d", ["1w", "1d"]],
    ["1M", "12h", ["1M", "1d", "12h"]],
    ["3d", "1d", ["3d", "1d"]],
    ["1m", undefined, ["1m"]],
  ] as const)("makes %s, of nothing finer than %s, of %j", (timeframe, finest, bases) => {
    expect(baseTimeframes(timeframe, finest)).toEqual(bases);
  });

  test("makes months of days and of what days are made of", () => {
    expect(baseTimeframes("1M", undefined)).toEqual(
      TIMEFRAMES.filter((one) => one !== "3d" && one !== "1w").toReversed(),
    );
  });
});

const hour = (count: number) => at("2026-01-01T00:00") + count * 3_600;
/** Of a candle that lies off the grid. */
const off = (count: number) => ({ timestamp: hour(count) + 420 });

const whole = (count: number) => ({ timestamp: hour(count) });
const part = (count: number) => ({ timestamp: hour(count), from: "1m" as const, missing: 7 });
const lacking = (candles: Parameters<typeof stretchesLacking>[0], from: number, to: number) =>
  stretchesLacking(candles, { from: hour(from), to: hour(to) }, "1h").map((one) => [
    (one.from - hour(0)) / 3_600,
    (one.to - hour(0)) / 3_600,
  ]);

describe("stretchesLacking", () => {
  test("are where a candle is not there or lacks a part, put together where they meet", () => {
    expect(lacking([whole(1), part(2), whole(5), part(6), part(7)], 0, 10)).toEqual([
      [0, 1],
      [2, 5],
      [6, 10],
    ]);
    expect(lacking([], 3, 4)).toEqual([[3, 4]]);
    expect(lacking([whole(0), { ...part(1), missing: 0 }], 0, 2)).toEqual([]);
  });

  test("are not where candles lie off the grid, nor before the range", () => {
    expect(lacking([off(-1), off(0), off(2)], 0, 3)).toEqual([[1, 2]]);
  });

  test("are cut where the finer candles begin and end", () => {
    const stretches = [
      { from: 0, to: 10 },
      { from: 20, to: 30 },
    ];
    expect(clipStretches(stretches, { from: 5, to: 20 })).toEqual([{ from: 5, to: 10 }]);
    expect(clipRange({ from: 0, to: 10 }, { from: 20, to: 30 })).toEqual({ from: 20, to: 10 });
  });

  test("are one from the first to the last, in whole candles", () => {
    const ranges = [
      { from: hour(5) + 1, to: hour(6) },
      { from: hour(2) + 1, to: hour(2) + 2 },
    ];
    expect(hullOf(ranges, "1h")).toEqual({ from: hour(2), to: hour(6) });
  });
});

const made = (from: Timeframe | undefined, missing?: number) => ({
  timestamp: at("2026-02-01T00:00"),
  ...(from === undefined ? {} : { from }),
  ...(missing === undefined ? {} : { missing }),
});

describe("holdsMore", () => {
  test("compares which part of the interval two candles were made of", () => {
    expect(holdsMore(made("1m", 30), made("5m", 7), "1h")).toBe(true);
    expect(holdsMore(made("1m", 35), made("5m", 7), "1h")).toBe(false);
    expect(holdsMore(made("12h", 27), made("1d", 14), "1M")).toBe(true);
  });

  test("takes a candle of the timeframe itself for all of it", () => {
    expect(holdsMore(made("1m", 0), made(undefined), "1h")).toBe(false);
    expect(holdsMore(made(undefined), made("1m", 1), "1h")).toBe(true);
  });
});

describe("alignedRange", () => {
  test("has the candles that open in a range, whole", () => {
    const range = { from: at("2026-01-01T00:20"), to: at("2026-01-01T03:20") };
    expect(alignedRange(range, "1h")).toEqual({
      from: at("2026-01-01T01:00"),
      to: at("2026-01-01T04:00"),
    });
    expect(alignedRange(range, "1M")).toEqual({
      from: at("2026-02-01T00:00"),
      to: at("2026-02-01T00:00"),
    });
  });

  test("leaves a bound that is no time as it is", () => {
    expect(alignedRange({ from: 0, to: Number.MAX_SAFE_INTEGER }, "1M")).toEqual({
      from: 0,
      to: Number.MAX_SAFE_INTEGER,
    });
  });
});
