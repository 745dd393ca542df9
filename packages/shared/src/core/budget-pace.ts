import { type BudgetPlan, type BudgetState } from "./budget.ts";

/** How long a backfill waits at most before it looks at the budget again, which may be raised. Seconds. */
export const BUDGET_LOOK_SECONDS = 3_600;

/** What the budget has told a backfill. */
export interface Slowed {
  readonly state: Exclude<BudgetState, "full">;
  /** For people. */
  readonly reason: string;
  /** Unix seconds: no window is asked for before; null where that depends on the budget alone. */
  readonly until: number | null;
}

/** What a backfill does now. */
export interface Pace {
  /** Whether it works on a window. */
  readonly works: boolean;
  /** What slows it; null at full speed. */
  readonly slowed: Slowed | null;
  /** What it waits, after the window where it works on one. Seconds. */
  readonly waitSeconds: number;
}

export const FULL_SPEED: Pace = { works: true, slowed: null, waitSeconds: 0 };

/**
 * What a backfill does at `nowSeconds`, unix seconds, that `before` was told to wait. A pause begins
 * with the window before it, and what was told is told anew each time that the budget is looked at.
 */
export function paceOf(
  { state, pauseSeconds }: Pick<BudgetPlan, "state" | "pauseSeconds">,
  reason: string | undefined,
  before: Slowed | null,
  nowSeconds: number,
): Pace {
  if (state === "full" || reason === undefined) {
    return FULL_SPEED;
  }
  if (state === "held") {
    const waitSeconds = Math.min(BUDGET_LOOK_SECONDS, Math.max(1, pauseSeconds));
    return { works: false, slowed: { state, reason, until: null }, waitSeconds };
  }
  // A pause that was told may have become shorter since: then it ends sooner.
  const next = nowSeconds + pauseSeconds;
  const told = before?.until ?? null;
  const works = told === null || told <= nowSeconds;
  const until = works ? next : Math.min(told, next);
  return {
    works,
    slowed: { state, reason, until },
    waitSeconds: Math.min(BUDGET_LOOK_SECONDS, Math.max(1, until - nowSeconds)),
  };
}
