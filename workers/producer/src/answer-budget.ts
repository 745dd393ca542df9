import type { BudgetAnswer } from "@candlehouse/shared/core/budget-state";
import { jsonRoutes } from "@candlehouse/shared/http/answer-routes";
import { readBudget } from "./backfill-budget.ts";
import { backfillContext } from "./backfill-context.ts";
import type { ProducerContext } from "./context.ts";

/** The route that tells what the budget says now. */
export const BUDGET_ROUTES = jsonRoutes<ProducerContext>([
  { method: "GET", path: /^\/v1\/budget$/, answer: answerBudget },
]);

/** Answers `GET /v1/budget`. Throws StorageUnavailableError. */
async function answerBudget({ env, exports }: ProducerContext): Promise<BudgetAnswer> {
  return { budget: await readBudget(backfillContext(env, exports)) };
}
