import { describe, expect, it } from "vitest";
import type { StoreHour } from "./answers.ts";
import { fillHours, hourOf, HOURS, hourTick } from "./store-hours.ts";

const HOUR = 3_600;
/** 2026-11-23 06:47 UTC. */
const NOW = 1_795_416_420;
const RUNNING = hourOf(NOW);

function storeHour(hour: number, inserted: number): StoreHour {
  return {
    hour,
    runs: 1,
    candles: inserted,
    inserted,
    ignored: 0,
    revised: 0,
    retried: 0,
    dead: 0,
    duration_ms: 5,
  };
}

describe("the hours of the plot", () => {
  it("are 48, the running one last, and those without work are zeros", () => {
    const hours = fillHours([storeHour(RUNNING - 2 * HOUR, 7)], RUNNING);
    expect(hours).toHaveLength(HOURS);
    expect(hours.at(-1)?.hour).toBe(RUNNING);
    expect(hours.at(-3)?.inserted).toBe(7);
    expect(hours.at(-2)).toMatchObject({ hour: RUNNING - HOUR, inserted: 0, runs: 0 });
  });

  it("leave out what is older", () => {
    const hours = fillHours([storeHour(RUNNING - HOURS * HOUR, 7)], RUNNING);
    expect(hours.every(({ inserted }) => inserted === 0)).toBe(true);
  });
});

describe("what stands below a bar", () => {
  it("is the date at midnight, and the hour each six hours", () => {
    const midnight = RUNNING - 6 * HOUR;
    expect(hourTick(midnight, "UTC")).toEqual({ tick: "23 Nov", isMain: true });
    expect(hourTick(midnight + HOUR, "UTC")).toEqual({ tick: null, isMain: false });
    expect(hourTick(midnight + 6 * HOUR, "UTC")).toEqual({ tick: "06:00", isMain: false });
    expect(hourTick(midnight + 12 * HOUR, "UTC")).toEqual({ tick: "12:00", isMain: true });
  });

  it("follows the clock of the zone", () => {
    const midnightInUtc = RUNNING - 6 * HOUR;
    expect(hourTick(midnightInUtc + 5 * HOUR, "America/New_York")).toEqual({
      tick: "23 Nov",
      isMain: true,
    });
  });
});
