import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { log, writePointsTo } from "./log.ts";
import { POINT_LAYOUTS, type Point } from "./point.ts";

const written: Point[] = [];
const ANALYTICS = { writeDataPoint: (point: Point) => written.push(point) };

const lines = vi.spyOn(console, "log").mockImplementation(() => undefined);

beforeEach(() => {
  written.length = 0;
  lines.mockClear();
});
afterEach(() => writePointsTo({}));

const COLLECTED = {
  source: "kraken",
  requests: 1,
  series: 2,
  candles: 3,
  messages: 4,
  failed: 5,
  unreached: 6,
  durationMs: 7,
};

describe("a point", () => {
  test("goes beside its event where a dataset is bound, its fields in their order", () => {
    writePointsTo({ ANALYTICS });
    log("source.collected", COLLECTED);
    expect(written).toEqual([
      {
        indexes: ["source.collected"],
        blobs: ["source.collected", "kraken"],
        doubles: [1, 2, 3, 4, 5, 6, 7],
      },
    ]);
    expect(lines).toHaveBeenCalledTimes(1);
  });

  test("is written of no other event", () => {
    writePointsTo({ ANALYTICS });
    log("gaps.cleaned", { deleted: 1, durationMs: 2 });
    expect(written).toEqual([]);
  });

  test("is written of nothing where no dataset is bound", () => {
    log("source.collected", COLLECTED);
    expect(written).toEqual([]);
    expect(lines).toHaveBeenCalledTimes(1);
  });

  test("has no more fields than Analytics Engine takes", () => {
    for (const { blobs, doubles } of Object.values(POINT_LAYOUTS)) {
      expect(blobs.length + 1).toBeLessThanOrEqual(20);
      expect(doubles.length).toBeLessThanOrEqual(20);
    }
  });
});
