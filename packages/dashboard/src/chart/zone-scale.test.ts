import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { offsetsOf, weightOf, WEIGHTS } from "./zone-scale.ts";

const ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"];

const at = (text: string) => Date.parse(`${text}Z`) / 1_000;

/** The open times of hours from `start` on that begin a day, by the weights of their marks. */
function dayStarts(timeZone: string, start: number, hours: number): number[] {
  const offsetAt = offsetsOf(timeZone);
  const times = Array.from({ length: hours }, (_, index) => start + index * 3_600);
  return times.filter((time, index) => {
    const before = time - 3_600;
    return index > 0 && weightOf(time + offsetAt(time), before + offsetAt(before)) >= WEIGHTS.day;
  });
}

describe("the time scale of a zone", () => {
  it("knows what the zone's clocks show at any time", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.integer({ min: 1_200_000_000, max: 1_900_000_000 }),
        (timeZone, seconds) => {
          const local = new Date((seconds + offsetsOf(timeZone)(seconds)) * 1_000);
          const shown = new Intl.DateTimeFormat("sv-SE", {
            timeZone,
            dateStyle: "short",
            timeStyle: "medium",
          }).format(seconds * 1_000);
          expect(local.toISOString().slice(0, 19).replace("T", " ")).toBe(shown);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("has a day's mark at the zone's midnight, not at UTC's", () => {
    const start = Date.UTC(2023, 5, 1) / 1_000;
    expect(dayStarts("America/New_York", start, 48)).toEqual([
      start + 4 * 3_600,
      start + 28 * 3_600,
    ]);
  });

  it("marks each day once where clocks go forward, a day of 23 hours", () => {
    const start = Date.UTC(2023, 2, 11, 12) / 1_000;
    const [first = 0, second = 0, third = 0] = dayStarts("America/New_York", start, 72);
    expect(second - first).toBe(23 * 3_600);
    expect(third - second).toBe(24 * 3_600);
  });

  it("marks each day once where clocks go back, a day of 25 hours", () => {
    const start = Date.UTC(2023, 10, 4, 12) / 1_000;
    const [first = 0, second = 0, third = 0] = dayStarts("America/New_York", start, 72);
    expect(second - first).toBe(25 * 3_600);
    expect(third - second).toBe(24 * 3_600);
  });

  it("begins no day anew where midnight comes twice", () => {
    // In Havana the hour from midnight on is repeated.
    const start = Date.UTC(2023, 10, 4, 12) / 1_000;
    const days = dayStarts("America/Havana", start, 72);
    expect(days.map((time, index) => time - (days[index - 1] ?? time))).toEqual([
      0,
      25 * 3_600,
      24 * 3_600,
    ]);
  });

  it("says more of a year than of a month, of a month than of a day, of a day than of an hour", () => {
    expect(weightOf(at("2024-01-01T00:00"), at("2023-12-31T23:00"))).toBe(WEIGHTS.year);
    expect(weightOf(at("2023-12-01T00:00"), at("2023-11-30T23:00"))).toBe(WEIGHTS.month);
    expect(weightOf(at("2023-12-02T00:00"), at("2023-12-01T23:00"))).toBe(WEIGHTS.day);
    expect(weightOf(at("2023-12-02T12:00"), at("2023-12-02T11:59"))).toBe(WEIGHTS.twelveHours);
    expect(weightOf(at("2023-12-02T07:00"), at("2023-12-02T06:59"))).toBe(WEIGHTS.hour);
    expect(weightOf(at("2023-12-02T07:01"), at("2023-12-02T07:00"))).toBe(WEIGHTS.minute);
  });
});
