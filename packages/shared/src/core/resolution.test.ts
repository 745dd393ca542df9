import { describe, expect, test } from "vitest";
import { resolutionOf, servedTimeframes, timeframeOfResolution } from "./resolution.ts";
import { TIMEFRAMES } from "./timeframe.ts";

describe("a resolution", () => {
  test.each(TIMEFRAMES)("names %s and nothing else", (timeframe) => {
    expect(timeframeOfResolution(resolutionOf(timeframe))).toBe(timeframe);
  });

  test("of one day, week or month may leave out the one", () => {
    expect(["D", "W", "M"].map(timeframeOfResolution)).toEqual(["1d", "1w", "1M"]);
  });

  test.each(["", "1m", "1440", "2D", "12M", "1S", "m", "__proto__"])("is not %j", (text) => {
    expect(timeframeOfResolution(text)).toBeUndefined();
  });
});

describe("served timeframes", () => {
  test("are all, where minutes are stored", () => {
    expect(servedTimeframes(["1m"])).toEqual(TIMEFRAMES);
  });

  test("are what stored ones make up, and no other", () => {
    expect(servedTimeframes(["1d"])).toEqual(["1d", "3d", "1w", "1M"]);
    expect(servedTimeframes(["1M"])).toEqual(["1M"]);
    expect(servedTimeframes(["8h", "3d"])).toEqual(["8h", "1d", "3d", "1w", "1M"]);
    expect(servedTimeframes([])).toEqual([]);
  });
});
