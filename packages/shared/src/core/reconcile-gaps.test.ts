import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ClassifiedRun } from "./found-gaps.ts";
import type { Gap, GapClass, GapEvidence, GapState } from "./gap.ts";
import { findRuns } from "./missing.ts";
import { planGaps, type GapPlan } from "./reconcile-gaps.ts";
import type { Series } from "./series.ts";

const STEP = 3_600;
const DAY = 24 * STEP;
const FLAT: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1h" };
const QUIET: Series = { source: "kraken", symbol: "BTC-USD", timeframe: "1h" };

const EVIDENCE: GapEvidence = {
  asked_at: 7,
  outcome: "answered",
  found: 0,
  siblings: null,
  first_held: 0,
  last_held: 10,
  reach_start: null,
  code: null,
  reason: "because",
};

/** `[from, to, class, state]` in hours. */
type Missing = readonly [number, number, GapClass, GapState];

function runsOf(...missing: readonly Missing[]): ClassifiedRun[] {
  return missing.map(([from, to, name, state]) => ({
    start: from * STEP,
    end: to * STEP,
    verdict: { class: name, state, evidence: EVIDENCE },
  }));
}

function plan(
  series: Series,
  records: readonly Gap[],
  runs: readonly ClassifiedRun[],
  nowSeconds = 1_000,
  [from, to] = [0, 240],
): GapPlan {
  const range = { start: from * STEP, end: to * STEP };
  const overlapping = records.filter(({ start, end }) => start < range.end && end > range.start);
  return planGaps({ series, range, records: overlapping, runs, nowSeconds });
}

/** The records after `changes`, as the table has them. */
function apply(records: readonly Gap[], { put, remove }: GapPlan): Gap[] {
  const table = new Map(records.map((record) => [record.start, record]));
  remove.forEach((start) => table.delete(start));
  put.forEach((record) => table.set(record.start, record));
  return [...table.values()].toSorted((a, b) => a.start - b.start);
}

function linesOf(records: readonly Gap[]): unknown[] {
  return records.map(({ start, end, missing, runs, class: name, state }) => [
    start / STEP,
    end / STEP,
    missing,
    runs,
    name,
    state,
  ]);
}

describe("gap records", () => {
  test("are a run each, and the quiet times of a day one", () => {
    const missing = runsOf(
      [1, 2, "no_trades", "unfillable"],
      [3, 5, "source_outage", "unfillable"],
      [6, 8, "no_trades", "unfillable"],
      [23, 26, "no_trades", "unfillable"],
      [30, 31, "no_trades", "unfillable"],
    );
    expect(linesOf(plan(QUIET, [], missing).gaps)).toEqual([
      [1, 26, 6, 3, "no_trades", "unfillable"],
      [3, 5, 2, 1, "source_outage", "unfillable"],
      [30, 31, 1, 1, "no_trades", "unfillable"],
    ]);
  });

  test("of a market that nobody asked for are one a day too, where quiet times are absent", () => {
    const missing = runsOf([1, 2, "collector_miss", "open"], [4, 5, "collector_miss", "open"]);
    expect(linesOf(plan(QUIET, [], missing).gaps)).toEqual([
      [1, 5, 2, 2, "collector_miss", "open"],
    ]);
    expect(plan(FLAT, [], missing).gaps).toHaveLength(2);
  });

  test("that say nothing new are not written", () => {
    const missing = runsOf([3, 5, "unknown", "open"]);
    const records = apply([], plan(FLAT, [], missing));
    const moved = missing.map(({ verdict, ...run }) => ({
      ...run,
      verdict: { ...verdict, evidence: { ...EVIDENCE, last_held: 99, reach_start: 5 } },
    }));
    expect(plan(FLAT, records, moved, 2_000)).toMatchObject({ put: [], remove: [], detected: 0 });
  });

  test("that are held are filled, in part too", () => {
    const first = apply([], plan(FLAT, [], runsOf([10, 20, "unknown", "open"])));
    const partly = plan(FLAT, first, runsOf([12, 14, "unknown", "open"]), 2_000);
    expect(partly).toMatchObject({ filled: 2, candlesFilled: 8, detected: 0 });
    const second = apply(first, partly);
    expect(linesOf(second)).toEqual([
      [10, 12, 2, 1, "unknown", "filled"],
      [12, 14, 2, 1, "unknown", "open"],
      [14, 20, 6, 1, "unknown", "filled"],
    ]);
    expect(second.map(({ foundAt, updatedAt }) => [foundAt, updatedAt])).toEqual([
      [1_000, 2_000],
      [1_000, 2_000],
      [1_000, 2_000],
    ]);
    const third = apply(second, plan(FLAT, second, [], 3_000));
    expect(third.map(({ state, updatedAt }) => [state, updatedAt])).toEqual([
      ["filled", 2_000],
      ["filled", 3_000],
      ["filled", 2_000],
    ]);
  });

  test("of a quiet day are filled as a whole only", () => {
    const quiet = apply(
      [],
      plan(QUIET, [], runsOf([1, 2, "no_trades", "unfillable"], [3, 4, "no_trades", "unfillable"])),
    );
    const partly = plan(QUIET, quiet, runsOf([3, 4, "no_trades", "unfillable"]), 2_000);
    expect(partly).toMatchObject({ filled: 0, candlesFilled: 1 });
    expect(linesOf(apply(quiet, partly))).toEqual([[3, 4, 1, 1, "no_trades", "unfillable"]]);
    expect(linesOf(apply(quiet, plan(QUIET, quiet, [], 2_000)))).toEqual([
      [1, 4, 2, 2, "no_trades", "filled"],
    ]);
  });

  test("that grow together are one, with the age and the attempts of the oldest", () => {
    const [early, late] = apply(
      [],
      plan(FLAT, [], runsOf([1, 2, "unknown", "open"], [4, 5, "unknown", "open"])),
    );
    const records = [early, { ...late, attempts: 2 }] as Gap[];
    const grown = apply(records, plan(FLAT, records, runsOf([1, 6, "unknown", "open"]), 5_000));
    expect(grown).toMatchObject([
      { start: STEP, end: 6 * STEP, attempts: 2, foundAt: 1_000, state: "failed" },
    ]);
  });

  test("outside of what was looked at stay as they are", () => {
    const records = apply([], plan(FLAT, [], runsOf([1, 100, "collector_miss", "open"])));
    const middle = apply(records, plan(FLAT, records, [], 2_000, [40, 60]));
    expect(linesOf(middle)).toEqual([
      [1, 40, 39, 1, "collector_miss", "open"],
      [40, 60, 20, 1, "collector_miss", "filled"],
      [60, 100, 40, 1, "collector_miss", "open"],
    ]);
  });

  test("of several runs are looked at in whole, or not at all", () => {
    const quiet = apply(
      [],
      plan(
        QUIET,
        [],
        runsOf([1, 2, "no_trades", "unfillable"], [9, 10, "no_trades", "unfillable"]),
      ),
    );
    expect(() => plan(QUIET, quiet, [], 2_000, [5, 20])).toThrow("lies only partly");
    expect(() => plan(QUIET, quiet, [], 2_000, [0, 9])).toThrow("lies only partly");
  });

  test.each([FLAT, QUIET])("always say exactly what is missing: %s", (series) => {
    const hours = fc.uniqueArray(fc.nat({ max: 239 }), { maxLength: 200 });
    const [name, state] =
      series === QUIET ? (["no_trades", "unfillable"] as const) : (["unknown", "open"] as const);
    fc.assert(
      fc.property(fc.array(hours, { minLength: 1, maxLength: 5 }), (steps) => {
        let records: Gap[] = [];
        for (const [step, held] of steps.entries()) {
          const times = held.toSorted((a, b) => a - b).map((hour) => hour * STEP);
          const runs = findRuns(times, { from: 0, to: 240 * STEP }, "1h").map((run) => ({
            ...run,
            verdict: { class: name, state, evidence: EVIDENCE },
          }));
          const changes = plan(series, records, runs, step);
          records = apply(records, changes);
          const open = records.filter((record) => record.state !== "filled");
          const missing = open.reduce((sum, record) => sum + record.missing, 0);
          expect(missing).toBe(240 - held.length);
          expect(open.map(({ start }) => start)).toEqual(changes.gaps.map(({ start }) => start));
          expect(open.every(({ start, end }) => end - start <= 10 * DAY && start < end)).toBe(true);
          expect(plan(series, records, runs, step)).toMatchObject({ put: [], remove: [] });
        }
      }),
    );
  });
});
