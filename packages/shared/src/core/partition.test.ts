import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isPartition,
  partitionEnd,
  partitionOf,
  partitionsBetween,
  partitionStart,
} from "./partition.ts";
import { TIMEFRAMES } from "./timeframe.ts";

const second = fc.integer({ min: Date.UTC(2009, 0, 3) / 1_000, max: Date.UTC(2099, 0) / 1_000 });
const timeframe = fc.constantFrom(...TIMEFRAMES);

describe("a partition", () => {
  test.each([
    ["1m", "2024-02"],
    ["5m", "2024-02"],
    ["15m", "2024"],
    ["1h", "2024"],
    ["1M", "2024"],
  ] as const)("of %s candles at the end of February 2024 is %s", (of, partition) => {
    expect(partitionOf(Date.UTC(2024, 1, 29, 23, 59) / 1_000, of)).toBe(partition);
  });

  test("holds the second it is of, and begins where the one before ends", () => {
    fc.assert(
      fc.property(second, timeframe, (timestamp, of) => {
        const partition = partitionOf(timestamp, of);
        expect(isPartition(partition, of)).toBe(true);
        expect(partitionStart(partition)).toBeLessThanOrEqual(timestamp);
        expect(partitionEnd(partition)).toBeGreaterThan(timestamp);
        expect(partitionStart(partitionOf(partitionEnd(partition), of))).toBe(
          partitionEnd(partition),
        );
      }),
    );
  });

  test.each([
    ["2024-13", "1m"],
    ["2024", "1m"],
    ["2024-01", "1h"],
    ["24", "1h"],
  ] as const)("is not %s for %s candles", (text, of) => {
    expect(isPartition(text, of)).toBe(false);
  });
});

describe("partitionsBetween", () => {
  test("names each partition that a range touches once, in order", () => {
    const start = Date.UTC(2023, 10, 30) / 1_000;
    const end = Date.UTC(2024, 1, 1) / 1_000;
    expect(partitionsBetween(start, end, "1m")).toEqual(["2023-11", "2023-12", "2024-01"]);
    expect(partitionsBetween(start, end + 1, "1m").at(-1)).toBe("2024-02");
    expect(partitionsBetween(start, end, "1h")).toEqual(["2023", "2024"]);
  });

  test("names none where the range is empty", () => {
    expect(partitionsBetween(5, 5, "1m")).toEqual([]);
  });
});
