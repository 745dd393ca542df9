import { budgetAnswer, type BudgetNow } from "@candlehouse/shared/core/budget-state";
import { askProducer } from "./ask-producer.ts";

/** The producer reads a month's sums at most: one that takes longer does not answer. */
const ASK_MS_MAX = 3_000;

/**
 * What the budget says of backfills now. Null where there is none, and where the producer, which
 * alone knows it, does not answer; the log has that.
 */
export async function readBudget(producer: Fetcher): Promise<BudgetNow | null> {
  const answer = await askProducer(
    producer,
    {
      path: "/v1/budget",
      query: new URLSearchParams(),
      parse: (body) => budgetAnswer.parse(body),
      what: "the budget",
    },
    ASK_MS_MAX,
  );
  return answer?.budget ?? null;
}
