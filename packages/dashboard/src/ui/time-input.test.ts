import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromTimeInput, toTimeInput } from "./time-input.ts";

describe("the field for a time", () => {
  it("shows a time in UTC to the minute", () => {
    expect(toTimeInput(1_679_659_200, "UTC")).toBe("2023-03-24T12:00");
  });

  it("is empty where there is no time, and means none where it is empty", () => {
    expect(toTimeInput(null, "UTC")).toBe("");
    expect(fromTimeInput("", "UTC")).toBeNull();
    expect(fromTimeInput("soon", "local")).toBeNull();
  });

  it("gives back each minute that it shows, in either zone", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 70_000_000 }),
        fc.constantFrom("UTC" as const, "local" as const),
        (minutes, zone) => {
          const seconds = minutes * 60;
          // Where clocks are set back, an hour of the local zone is there twice.
          const shown = toTimeInput(seconds, zone);
          expect(toTimeInput(fromTimeInput(shown, zone), zone)).toBe(shown);
          expect(zone === "UTC" ? fromTimeInput(shown, zone) : seconds).toBe(seconds);
        },
      ),
    );
  });
});
