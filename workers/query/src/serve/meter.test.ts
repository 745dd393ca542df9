import { PayloadTooLargeError } from "@candlehouse/shared/core/errors";
import { describe, expect, test } from "vitest";
import { DETOURS_MAX, Meter } from "./meter.ts";

describe("a meter", () => {
  test("adds up what an answer costs", async () => {
    const meter = new Meter();
    meter.addQueries(2, { rowsRead: 10, durationMs: 1.5 });
    meter.addQueries(3, { rowsRead: 1, durationMs: 0.5 });
    await Promise.all([meter.timeRead(async () => 1), meter.timeRead(async () => 2)]);
    expect(meter.cost).toMatchObject({ d1Ms: 2, rowsRead: 11, d1Queries: 5, r2Reads: 2 });
    expect(meter.cost.r2Ms).toBeGreaterThanOrEqual(0);
  });

  test("gives what a read gives, and counts one that fails", async () => {
    const meter = new Meter();
    expect(await meter.timeRead(async () => "bytes")).toBe("bytes");
    const failing = meter.timeRead(async () => {
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(meter.cost.r2Reads).toBe(2);
  });

  test("allows some stretches to be looked for by themselves, and no more", () => {
    const meter = new Meter();
    expect(meter.takeDetours(DETOURS_MAX - 1)).toBe(true);
    expect(meter.takeDetours(2)).toBe(false);
    expect(meter.takeDetours(1)).toBe(true);
    expect(meter.takeDetours(1)).toBe(false);
    expect(meter.takeDetours(0)).toBe(true);
  });

  test("says what to do where an answer would take more queries than it may", () => {
    const meter = new Meter();
    meter.addQueries(948, { rowsRead: 0, durationMs: 0 });
    expect(() => meter.assertQueries(2)).not.toThrow();
    expect(() => meter.assertQueries(3)).toThrow(PayloadTooLargeError);
    expect(() => meter.assertQueries(3)).toThrow(
      /more than the 950 queries .*: ask for a shorter range or for fewer series at once/,
    );
  });
});
