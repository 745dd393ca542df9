import { describe, expect, test } from "vitest";
import { latenessOf } from "./lateness.ts";

/** 2023-03-24T10:00:30Z */
const NOW = 1_679_652_030;
const NEWEST = NOW - 90;

function rowOf(last_timestamp: number | null, asked_until: number | null = null) {
  return { timeframe: "1m", enabled: 1, last_timestamp, asked_until } as const;
}

describe("latenessOf", () => {
  test("is nothing where the newest closed candle is stored", () => {
    expect(latenessOf(rowOf(NEWEST), NOW)).toEqual({
      expected_timestamp: NEWEST,
      late_seconds: 0,
    });
  });

  test("counts the candles that have closed since the newest stored one", () => {
    expect(latenessOf(rowOf(NEWEST - 60), NOW).late_seconds).toBe(60);
    expect(latenessOf(rowOf(NEWEST - 3_600), NOW).late_seconds).toBe(3_600);
  });

  test("grows when a candle closes, not while it is open", () => {
    expect(latenessOf(rowOf(NEWEST), NOW + 29).late_seconds).toBe(0);
    expect(latenessOf(rowOf(NEWEST), NOW + 30).late_seconds).toBe(60);
  });

  test("counts minutes for which the source was asked and had no candle as done", () => {
    expect(latenessOf(rowOf(NEWEST - 600, NEWEST + 60), NOW).late_seconds).toBe(0);
    expect(latenessOf(rowOf(NEWEST - 600, NEWEST), NOW).late_seconds).toBe(60);
    expect(latenessOf(rowOf(null, NEWEST), NOW).late_seconds).toBe(60);
  });

  test("is never negative", () => {
    expect(latenessOf(rowOf(NEWEST + 600), NOW).late_seconds).toBe(0);
  });

  test("is unknown where nothing is stored yet, and where nobody collects", () => {
    expect(latenessOf(rowOf(null), NOW).late_seconds).toBeNull();
    expect(latenessOf({ ...rowOf(NEWEST - 600), enabled: 0 }, NOW).late_seconds).toBeNull();
  });

  test("steps by calendar months", () => {
    const january = Date.UTC(2023, 0, 1) / 1_000;
    const february = Date.UTC(2023, 1, 1) / 1_000;
    const row = { ...rowOf(january), timeframe: "1M" } as const;
    expect(latenessOf(row, NOW)).toEqual({
      expected_timestamp: february,
      late_seconds: 28 * 86_400,
    });
  });
});
