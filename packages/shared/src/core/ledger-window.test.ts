import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { newTally } from "./ledger.ts";
import { sumSince } from "./ledger-window.ts";

const NOON = Date.UTC(2026, 10, 23, 12) / 1_000;
const HOUR = 3_600;

describe("what was counted in the last hour", () => {
  const hours = [
    { hour: NOON - 2 * HOUR, inserted: 1_000, runs: 4 },
    { hour: NOON - HOUR, inserted: 400, runs: 8 },
    { hour: NOON, inserted: 70, runs: 3 },
  ];

  test("is the running hour and the share of the one before", () => {
    const sum = sumSince(hours, NOON + HOUR / 4, HOUR);
    expect(sum).toEqual({ ...newTally(), inserted: 70 + 300, runs: 3 + 6 });
  });

  test("is the hour before where the running one has just begun", () => {
    expect(sumSince(hours.slice(0, 2), NOON, HOUR)).toMatchObject({ inserted: 400, runs: 8 });
  });

  test("is nothing where nothing was done", () => {
    expect(sumSince([], NOON, HOUR)).toEqual(newTally());
  });
});

test("what was counted in a longer time is never less, and never more than all", () => {
  const hour = fc.record({ back: fc.nat(60), inserted: fc.nat(10_000) });
  fc.assert(
    fc.property(fc.array(hour), fc.nat(HOUR - 1), fc.nat(60), fc.nat(60), (list, into, a, b) => {
      const hours = list.map(({ back, inserted }) => ({ hour: NOON - back * HOUR, inserted }));
      const of = (count: number) => sumSince(hours, NOON + into, count * HOUR).inserted;
      const all = list.reduce((sum, { inserted }) => sum + inserted, 0);
      expect(of(Math.max(a, b))).toBeGreaterThanOrEqual(of(Math.min(a, b)));
      expect(of(62)).toBe(all);
    }),
  );
});
