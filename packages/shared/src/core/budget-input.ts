import { elapsedRatio, monthOf, parseMonth, type Month } from "./cost.ts";
import type { BudgetInput } from "./budget.ts";
import { LEDGER_COUNTS, type LedgerCounts } from "./ledger.ts";

const DAY_SECONDS = 86_400;

/** What goes on is told from so much of the past. */
export const RECENT_SECONDS = 7 * DAY_SECONDS;

/** A younger system brings its first candles, which are not to be taken for what goes on. */
const AGE_SECONDS_MIN = DAY_SECONDS;

/** Fewer runs say little of what a window costs. */
const RUNS_MIN = 20;

/** A window as a year of minutes from Binance has them, docs/capacity.md: fifty pages, one fragment. */
export const TYPICAL_WINDOW: LedgerCounts = {
  rows_read: 3_000,
  rows_written: 12,
  object_requests: 8,
  object_rows_written: 8,
  steps: 2,
  class_a: 2,
  class_b: 3,
  queue_operations: 3,
};

/** Sums of the ledger. */
export interface Spending {
  /** Of the running month, all work. */
  readonly month: LedgerCounts;
  /** Of the running month, what backfills did. */
  readonly backfilled: LedgerCounts;
  /** Of the last days, what goes on by itself: collection, storing, archiving, the monitor, readers. */
  readonly recent: LedgerCounts;
  /** Of the last days, what backfills did. */
  readonly recentBackfilled: LedgerCounts;
  /** The first hour of the last days that has a row, unix seconds; null where none has. */
  readonly since: number | null;
  /** Backfills that are running. */
  readonly running: number;
  /** Bytes of the database, or of all of them. */
  readonly databaseBytes: number;
}

/** The month that holds `nowSeconds`. */
export function monthAt(nowSeconds: number): Month {
  const month = parseMonth(monthOf(nowSeconds));
  if (month === undefined) {
    throw new RangeError(`there is no month at ${nowSeconds}`);
  }
  return month;
}

/** What a budget of `budgetUsd` is planned by at `nowSeconds`, unix seconds. */
export function budgetInputOf(
  spending: Spending,
  budgetUsd: number,
  nowSeconds: number,
): BudgetInput {
  const month = monthAt(nowSeconds);
  const secondsLeft = (month.end - month.start) * (1 - elapsedRatio(month, nowSeconds));
  const age = nowSeconds - (spending.since ?? nowSeconds);
  const seconds = Math.min(RECENT_SECONDS, Math.max(AGE_SECONDS_MIN, age));
  return {
    budgetUsd,
    used: spending.month,
    backfilled: spending.backfilled,
    goesOn: scale(spending.recent, secondsLeft / seconds),
    stored: { d1_storage: spending.databaseBytes },
    window: windowOf(spending.recentBackfilled),
    running: Math.max(1, spending.running),
    secondsLeft,
  };
}

/** What a window costs, by those of the last days, and never less than a step. */
function windowOf(backfilled: LedgerCounts): LedgerCounts {
  const runs = backfilled.runs ?? 0;
  return runs < RUNS_MIN ? TYPICAL_WINDOW : scale(backfilled, 1 / runs);
}

function scale(counts: LedgerCounts, by: number): LedgerCounts {
  return Object.fromEntries(LEDGER_COUNTS.map((name) => [name, (counts[name] ?? 0) * by]));
}
