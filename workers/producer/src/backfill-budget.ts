import type { BackfillJob } from "@candlehouse/shared/core/backfill-job";
import { nameOf } from "@candlehouse/shared/core/backfill-message";
import { budgetReason, planBudget, type BudgetPlan } from "@candlehouse/shared/core/budget";
import { budgetInputOf, monthAt } from "@candlehouse/shared/core/budget-input";
import { FULL_SPEED, paceOf, type Pace } from "@candlehouse/shared/core/budget-pace";
import type { BudgetNow } from "@candlehouse/shared/core/budget-state";
import { shownSeconds, type Timekeeper } from "@candlehouse/shared/core/clock";
import { readSpending } from "@candlehouse/shared/d1/read-spending";
import { log } from "@candlehouse/shared/log/log";

/** How long a plan is kept, real milliseconds. */
const KEPT_MS = 300_000;

/** The part of the windows that a plan leaves which may be taken before it is made anew. */
const KEPT_RATIO = 0.01;

/** What is kept of the budget from one step to the next, in the memory of an isolate. */
export class BudgetMemory {
  #kept: { readonly month: number; readonly atMs: number; readonly plan: BudgetPlan } | undefined;
  #windows = 0;

  /**
   * The plan for the month that begins at `month`, by `read` where none is kept; `windows` are taken
   * by it. One that leaves few windows is made anew for each of them.
   */
  async plan(
    month: number,
    nowMs: number,
    windows: number,
    read: () => Promise<BudgetPlan>,
  ): Promise<BudgetPlan> {
    const kept = this.#kept;
    const isGood =
      kept !== undefined &&
      kept.month === month &&
      nowMs - kept.atMs < KEPT_MS &&
      this.#windows + windows <= kept.plan.windowsLeft * KEPT_RATIO;
    if (isGood) {
      this.#windows += windows;
      return kept.plan;
    }
    const plan = await read();
    this.#kept = { month, atMs: nowMs, plan };
    this.#windows = windows;
    return plan;
  }
}

/** What backfills may cost, with all else of a month. */
export interface Budget {
  /** US dollars a month, the plan's fee with it. */
  readonly usd: number;
  readonly memory: BudgetMemory;
}

/** What the budget is told by. */
export interface BudgetContext extends Timekeeper {
  readonly db: D1Database;
  /** Null where nothing is to slow backfills. */
  readonly budget: Budget | null;
}

const USD = /^\d{1,6}(\.\d{1,2})?$/;

/** What an isolate remembers. */
const memory = new BudgetMemory();

/** The variable BUDGET_USD; null where it is empty or was left out. Throws where it is no amount. */
export function parseBudget(variable: string | undefined): Budget | null {
  if (variable === undefined || variable === "") {
    return null;
  }
  if (!USD.test(variable)) {
    throw new RangeError(
      `BUDGET_USD is ${JSON.stringify(variable)}: US dollars a month, such as 10, or nothing for no budget`,
    );
  }
  return { usd: Number(variable), memory };
}

async function readPlan(
  context: BudgetContext,
  { usd, memory: kept }: Budget,
  windows: number,
): Promise<{ readonly plan: BudgetPlan; readonly reason: string | undefined }> {
  const now = shownSeconds(context);
  const month = monthAt(now);
  const plan = await kept.plan(month.start, context.realNowMs(), windows, async () =>
    planBudget(budgetInputOf(await readSpending(context.db, now), usd, now)),
  );
  return { plan, reason: budgetReason(plan, usd, month.end) };
}

/** What the budget says now; null where there is none. Throws StorageUnavailableError. */
export async function readBudget(context: BudgetContext): Promise<BudgetNow | null> {
  const { budget } = context;
  if (budget === null) {
    return null;
  }
  const { plan, reason } = await readPlan(context, budget, 0);
  return { usd: budget.usd, state: plan.state, reason: reason ?? null };
}

/**
 * How fast `job` may go on: what asks a source costs, what only looks at what came of it does not
 * wait. The log hears when that changes. Throws StorageUnavailableError.
 */
export async function readPace(context: BudgetContext, job: BackfillJob): Promise<Pace> {
  const { budget } = context;
  const { phase, slowed: before = null } = job.progress;
  if (budget === null || phase === "settle" || phase === "explain") {
    return FULL_SPEED;
  }
  const { plan, reason } = await readPlan(context, budget, 1);
  const pace = paceOf(plan, reason, before, shownSeconds(context));
  const state = pace.slowed?.state ?? "full";
  if (state !== (before?.state ?? "full")) {
    log("backfill.slowed", {
      job: job.id,
      series: nameOf(job),
      state,
      reason: reason ?? null,
      pauseSeconds: plan.pauseSeconds,
      budgetUsd: budget.usd,
      committedUsd: Math.round(plan.committedUsd * 100) / 100,
    });
  }
  return pace;
}
