import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BUDGET_STATES, budgetReason, planBudget, type BudgetInput } from "./budget.ts";
import { budgetInputOf, TYPICAL_WINDOW, type Spending } from "./budget-input.ts";
import { backfillUnits, backfillUsd } from "./budget-estimate.ts";
import { paceOf } from "./budget-pace.ts";
import { marginalUsdOf, PLAN, usdOf } from "./cost.ts";
import { sumCounts, type LedgerCounts } from "./ledger.ts";

const MONTH_SECONDS = 30 * 86_400;

/** Within what is included, or far beyond. */
const counts: fc.Arbitrary<LedgerCounts> = fc.record({
  rows_written: fc.nat(80_000_000),
  queue_operations: fc.nat(3_000_000),
  object_requests: fc.nat(3_000_000),
  steps: fc.nat(800_000),
});
/** Of a few cents to a dollar each, so that a budget holds few. */
const windowCounts: fc.Arbitrary<LedgerCounts> = fc.record({
  rows_written: fc.integer({ min: 50_000, max: 500_000 }),
  queue_operations: fc.nat(100_000),
  steps: fc.nat(10_000),
});
/** Three of them are within what is included. */
const smallCounts: fc.Arbitrary<LedgerCounts> = fc.record({
  rows_written: fc.nat(16_000_000),
  queue_operations: fc.nat(330_000),
  object_requests: fc.nat(330_000),
  steps: fc.nat(160_000),
});
const input: fc.Arbitrary<BudgetInput> = fc
  .record({
    budgetUsd: fc.double({ min: 0, max: 150, noNaN: true }),
    collected: counts,
    backfilled: counts,
    goesOn: counts,
    window: windowCounts,
    running: fc.integer({ min: 1, max: 14 }),
    secondsLeft: fc.integer({ min: 1, max: MONTH_SECONDS }),
  })
  .map(({ collected, ...one }) => ({
    ...one,
    used: sumCounts([collected, one.backfilled]),
    stored: {},
  }));

function rankOf({ state }: { readonly state: (typeof BUDGET_STATES)[number] }): number {
  return BUDGET_STATES.indexOf(state);
}

/** `of` after one window more, `seconds` later. */
function afterWindow(of: BudgetInput, seconds: number): BudgetInput {
  const part = Math.min(1, seconds / of.secondsLeft);
  const share = (by: number): LedgerCounts =>
    Object.fromEntries(Object.entries(of.goesOn).map(([name, count]) => [name, count * by]));
  return {
    ...of,
    used: sumCounts([of.used, of.window, share(part)]),
    backfilled: sumCounts([of.backfilled, of.window]),
    goesOn: share(1 - part),
    secondsLeft: of.secondsLeft * (1 - part),
  };
}

describe("a budget", () => {
  test("is never exceeded by backfills, however fast they go", () => {
    fc.assert(
      fc.property(input, fc.integer({ min: 1, max: 3_600 }), (start, windowSeconds) => {
        let now = start;
        let windows = 0;
        for (; now.secondsLeft > 0 && windows < 400; windows += 1) {
          const plan = planBudget(now);
          if (plan.state === "held") {
            break;
          }
          now = afterWindow(now, windowSeconds + plan.pauseSeconds);
        }
        const bill = usdOf(sumCounts([now.used, now.goesOn]));
        const most = Math.max(start.budgetUsd, usdOf(sumCounts([start.used, start.goesOn])));
        expect(bill).toBeLessThanOrEqual(most + marginalUsdOf(start.window));
      }),
      { numRuns: 60 },
    );
  });

  test("slows nothing while all is included, as long as it pays for a window", () => {
    const within = fc.tuple(input, smallCounts, smallCounts, smallCounts);
    fc.assert(
      fc.property(
        within,
        fc.integer({ min: 2, max: 100 }),
        ([of, used, goesOn, backfilled], usd) => {
          const plan = planBudget({
            ...of,
            budgetUsd: PLAN.usd_a_month + usd,
            used: sumCounts([used, backfilled]),
            backfilled,
            goesOn,
          });
          expect(plan).toMatchObject({
            state: "full",
            pauseSeconds: 0,
            committedUsd: PLAN.usd_a_month,
          });
        },
      ),
    );
  });

  test("that is raised slows nothing more, and work that was done speeds nothing up", () => {
    fc.assert(
      fc.property(input, fc.double({ min: 0, max: 50, noNaN: true }), counts, (of, more, done) => {
        const plan = planBudget(of);
        const raised = planBudget({ ...of, budgetUsd: of.budgetUsd + more });
        expect(rankOf(raised)).toBeLessThanOrEqual(rankOf(plan));
        expect(raised.windowsLeft).toBeGreaterThanOrEqual(plan.windowsLeft);
        const later = planBudget({
          ...of,
          used: sumCounts([of.used, done]),
          backfilled: sumCounts([of.backfilled, done]),
        });
        expect(rankOf(later)).toBeGreaterThanOrEqual(rankOf(plan));
        expect(later.windowsLeft).toBeLessThanOrEqual(plan.windowsLeft);
      }),
    );
  });

  test("that is slowed lasts to the month's end", () => {
    fc.assert(
      fc.property(input, (of) => {
        const { state, pauseSeconds, windowsLeft } = planBudget(of);
        fc.pre(state === "slowed");
        expect(pauseSeconds * windowsLeft).toBeGreaterThanOrEqual(of.secondsLeft * of.running);
      }),
    );
  });
});

describe("what a budget is planned by", () => {
  const NOON = Date.UTC(2026, 10, 16) / 1_000;
  const nothing: Spending = {
    month: {},
    backfilled: {},
    recent: {},
    recentBackfilled: {},
    since: null,
    running: 0,
    databaseBytes: 0,
  };

  test("is what went on in the last days, until the month ends", () => {
    const spending = { ...nothing, recent: { rows_written: 700 }, since: NOON - 7 * 86_400 };
    const { goesOn, secondsLeft, window } = budgetInputOf(spending, 10, NOON);
    expect(secondsLeft).toBe(15 * 86_400);
    expect(goesOn.rows_written).toBeCloseTo(1_500, 6);
    expect(window).toEqual(TYPICAL_WINDOW);
  });

  test("takes the first hour of a system not for what goes on", () => {
    const spending = { ...nothing, recent: { rows_written: 70_000 }, since: NOON - 3_600 };
    expect(budgetInputOf(spending, 10, NOON).goesOn.rows_written).toBeCloseTo(15 * 70_000, 3);
  });

  test("knows what a window costs from those there were", () => {
    const recentBackfilled = { runs: 40, rows_written: 400, steps: 60 };
    const { window } = budgetInputOf({ ...nothing, recentBackfilled }, 10, NOON);
    expect(window).toMatchObject({ rows_written: 10, steps: 1.5 });
  });
});

describe("what a backfill is estimated to cost", () => {
  test("is two rows and a share of a message for each candle that becomes a row", () => {
    const cold = { candles: 100_000, hotCandles: 0, requests: 100 };
    const hot = { ...cold, hotCandles: 100_000 };
    const difference = backfillUsd(hot) - backfillUsd(cold);
    // 200,000 rows and 30,000 operations.
    expect(difference).toBeCloseTo(0.2 + 0.012, 3);
    expect(backfillUsd(cold)).toBeLessThan(0.01);
    expect(backfillUnits(cold)).toMatchObject({ steps: 4 * (TYPICAL_WINDOW.steps ?? 0) });
  });

  test("is nothing for nothing, and never less for more", () => {
    expect(backfillUsd({ candles: 0, hotCandles: 0, requests: 0 })).toBe(0);
    const size = fc.record({
      candles: fc.nat(10 ** 7),
      hotCandles: fc.nat(10 ** 6),
      requests: fc.nat(10 ** 5),
    });
    fc.assert(
      fc.property(size, size, (one, more) => {
        const both = {
          candles: one.candles + more.candles,
          hotCandles: one.hotCandles + more.hotCandles,
          requests: one.requests + more.requests,
        };
        expect(backfillUsd(both)).toBeGreaterThanOrEqual(backfillUsd(one));
      }),
    );
  });
});

describe("a backfill", () => {
  const slowed = { state: "slowed", pauseSeconds: 10_000 } as const;

  test("pauses after a window, looks at the budget meanwhile, and goes on when the pause is over", () => {
    const first = paceOf(slowed, "slow", null, 1_000);
    expect(first).toEqual({
      works: true,
      slowed: { state: "slowed", reason: "slow", until: 11_000 },
      waitSeconds: 3_600,
    });
    expect(paceOf(slowed, "slow", first.slowed, 4_600)).toMatchObject({
      works: false,
      slowed: { until: 11_000 },
    });
    expect(paceOf(slowed, "slow", first.slowed, 8_200)).toMatchObject({ waitSeconds: 2_800 });
    expect(paceOf(slowed, "slow", first.slowed, 11_000)).toMatchObject({
      works: true,
      slowed: { until: 21_000 },
    });
  });

  test("goes on at once when the budget is raised, and sooner when the pause grew shorter", () => {
    const told = { state: "slowed", reason: "slow", until: 11_000 } as const;
    expect(paceOf({ state: "full", pauseSeconds: 0 }, undefined, told, 2_000)).toEqual({
      works: true,
      slowed: null,
      waitSeconds: 0,
    });
    const shorter = paceOf({ state: "slowed", pauseSeconds: 100 }, "slow", told, 2_000);
    expect(shorter).toMatchObject({ works: false, slowed: { until: 2_100 }, waitSeconds: 100 });
  });

  test("is told why, and until when", () => {
    const plan = { committedUsd: 9.9, windowsLeft: 5, state: "slowed", pauseSeconds: 700 } as const;
    const end = Date.UTC(2026, 11) / 1_000;
    expect(budgetReason(plan, 10, end)).toBe(
      "slowed by the budget: the month comes to $9.90 without any more of it, of $10.00 (BUDGET_USD); a window each 12 min, full speed on 2026-12-01",
    );
    expect(budgetReason({ ...plan, state: "held" }, 10, end)).toContain("held by the budget");
    expect(budgetReason({ ...plan, state: "full" }, 10, end)).toBeUndefined();
  });
});
