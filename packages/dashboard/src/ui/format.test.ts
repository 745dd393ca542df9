import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatAgo, formatBytes, formatDuration, formatRatio, formatTime } from "./format.ts";

describe("formatRatio", () => {
  test("says 100 % of the whole alone, however little is missing", () => {
    expect(formatRatio(1)).toBe("100%");
    expect(formatRatio(0.999_999)).toBe("99.99%");
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (ratio) => {
        expect(formatRatio(ratio)).not.toBe("100%");
      }),
    );
  });
});

describe("formatBytes", () => {
  test.each([
    [0, "0 byte"],
    [999, "999 byte"],
    [1_000, "1 kB"],
    [1_234_567, "1.2 MB"],
    [9_876_543_210, "9.9 GB"],
    [12e15, "12,000 TB"],
  ])("writes %d as %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe("formatDuration", () => {
  test.each([
    [0, "0 secs"],
    [0.4, "0 secs"],
    [59, "59 secs"],
    [60, "1 min"],
    [3_599, "59 mins 59 secs"],
    [3_600, "1 hr"],
    [7_505, "2 hrs 5 mins"],
    [90_061, "1 day 1 hr"],
  ])("writes %d seconds as %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

describe("formatAgo", () => {
  test("names the largest unit, in the past and to come", () => {
    expect(formatAgo(1_000, 1_000)).toBe("now");
    expect(formatAgo(1_000, 1_059)).toBe("59 sec. ago");
    expect(formatAgo(1_000, 1_000 + 7_300)).toBe("2 hr. ago");
    expect(formatAgo(10_000, 1_000)).toBe("in 2 hr.");
  });
});

describe("formatTime", () => {
  test("shows the zone's time of day, and seconds only where there are some", () => {
    const seconds = Date.UTC(2023, 2, 24, 12, 40) / 1_000;
    expect(formatTime(seconds, "UTC")).toBe("24 Mar 2023, 12:40");
    expect(formatTime(seconds + 5, "UTC")).toBe("24 Mar 2023, 12:40:05");
    expect(formatTime(seconds, "America/New_York")).toBe("24 Mar 2023, 08:40");
  });
});
