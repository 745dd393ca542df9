import { usdOf, type StoredItem } from "./cost.ts";
import { LEDGER_COUNTS, type LedgerCounts } from "./ledger.ts";

/**
 * `full`: backfills go as fast as their sources allow. `slowed`: they pause between windows, so that
 * what is left of the budget lasts to the month's end. `held`: they wait until the month ends or the
 * budget is raised.
 */
export const BUDGET_STATES = ["full", "slowed", "held"] as const;
export type BudgetState = (typeof BUDGET_STATES)[number];

/** What a budget is planned by. */
export interface BudgetInput {
  /** US dollars a month, the plan's fee with it. */
  readonly budgetUsd: number;
  /** What was counted in the month so far, of all work. */
  readonly used: LedgerCounts;
  /** Of that, what backfills did. */
  readonly backfilled: LedgerCounts;
  /** What goes on whatever becomes of the backfills, until the month ends. */
  readonly goesOn: LedgerCounts;
  readonly stored: Readonly<Partial<Record<StoredItem, number>>>;
  /** What one window of a backfill is billed. */
  readonly window: LedgerCounts;
  /** Backfills that go on at once, at least 1. */
  readonly running: number;
  /** Until the month ends. */
  readonly secondsLeft: number;
}

/** What the budget leaves to backfills. */
export interface BudgetPlan {
  readonly state: BudgetState;
  /** Between two windows of one backfill; 0 at full speed. */
  readonly pauseSeconds: number;
  /** What the month comes to if no backfill did anything more. */
  readonly committedUsd: number;
  /** Windows that the budget still pays for, of all backfills together. */
  readonly windowsLeft: number;
}

/** More windows than any month has. */
const WINDOWS_MAX = 1_000_000_000;

/** Of what the budget leaves to backfills, this part is spent at full speed. */
const FULL_SPEED_RATIO = 0.5;

/**
 * How fast backfills may go. Half of what the month leaves to them is spent as fast as they go; the
 * rest is spread over the rest of the month. Collection is never slowed: what it will still cost is
 * set aside before.
 */
export function planBudget(input: BudgetInput): BudgetPlan {
  const { budgetUsd, used, backfilled, goesOn, stored } = input;
  const committed = plus(used, goesOn, 1);
  const committedUsd = usdOf(committed, stored);
  const windowsLeft = countWindows(input, committed);
  if (windowsLeft < 1) {
    return { state: "held", pauseSeconds: input.secondsLeft, committedUsd, windowsLeft };
  }
  const roomUsd = budgetUsd - usdOf(plus(committed, backfilled, -1), stored);
  const pauseSeconds = Math.ceil((input.secondsLeft * input.running) / windowsLeft);
  return budgetUsd - committedUsd >= roomUsd * FULL_SPEED_RATIO || windowsLeft >= WINDOWS_MAX
    ? { state: "full", pauseSeconds: 0, committedUsd, windowsLeft }
    : { state: "slowed", pauseSeconds, committedUsd, windowsLeft };
}

/** The most windows with which the month stays within the budget. */
function countWindows({ budgetUsd, stored, window }: BudgetInput, committed: LedgerCounts): number {
  const fits = (windows: number): boolean =>
    usdOf(plus(committed, window, windows), stored) <= budgetUsd;
  if (fits(WINDOWS_MAX)) {
    return WINDOWS_MAX;
  }
  let [least, most] = [0, WINDOWS_MAX];
  while (most - least > 1) {
    const middle = Math.floor((least + most) / 2);
    if (fits(middle)) {
      least = middle;
    } else {
      most = middle;
    }
  }
  return least;
}

/** `counts` and `times` what `more` has, never below 0. */
function plus(counts: LedgerCounts, more: LedgerCounts, times: number): LedgerCounts {
  return Object.fromEntries(
    LEDGER_COUNTS.map((name) => [
      name,
      Math.max(0, (counts[name] ?? 0) + times * (more[name] ?? 0)),
    ]),
  );
}

/** What a budget says of backfills, for people; undefined where they go at full speed. */
export function budgetReason(
  { state, pauseSeconds, committedUsd }: BudgetPlan,
  budgetUsd: number,
  monthEndSeconds: number,
): string | undefined {
  if (state === "full") {
    return undefined;
  }
  const day = new Date(monthEndSeconds * 1_000).toISOString().slice(0, 10);
  const comes = `the month comes to $${committedUsd.toFixed(2)} without any more of it, of $${budgetUsd.toFixed(2)} (BUDGET_USD)`;
  return state === "held"
    ? `held by the budget: ${comes}; it goes on when that is raised, or on ${day}`
    : `slowed by the budget: ${comes}; a window each ${durationText(pauseSeconds)}, full speed on ${day}`;
}

function durationText(seconds: number): string {
  if (seconds < 120) {
    return `${seconds} s`;
  }
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
