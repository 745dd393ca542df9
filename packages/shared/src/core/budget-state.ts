import { z } from "zod";
import { BUDGET_STATES } from "./budget.ts";

/** What the budget says of backfills now. */
export const budgetState = z.strictObject({
  /** US dollars a month, the plan's fee with it. */
  usd: z.number(),
  state: z.enum(BUDGET_STATES),
  /** What it comes to, and since nothing else slows them, until when; null at full speed. */
  reason: z.string().nullable(),
});
export type BudgetNow = z.output<typeof budgetState>;

/** What the producer answers to `GET /v1/budget`; null where there is no budget. */
export const budgetAnswer = z.strictObject({ budget: budgetState.nullable() });
export type BudgetAnswer = z.output<typeof budgetAnswer>;
