import { useMutation, useQueryClient, type UseMutationResult } from "@tanstack/preact-query";
import { keepKey, readFresh } from "./connection.ts";
import { askForKey } from "../shell/key-dialog.tsx";
import { answerIn, problemIn, type ApiResult } from "./api-result.ts";

/** Whether another key may help: a system without any key takes none. */
function wantsKey(result: ApiResult<unknown>): boolean {
  const { status, code } = problemIn(result);
  return status === 401 || (status === 403 && code !== "writes_closed");
}

/**
 * Sends an order with `send`, such as `(ids) => client.api.POST("/v1/dead-letters/replay", …)`. Where
 * it is refused for want of a key, the reader is asked for one, and it is sent again. When it was
 * done, what was read of `changes` (paths of GET routes) is read anew. `mutateAsync` throws
 * CandlehouseProblem.
 */
export function useWrite<Order, Answer>(
  send: (order: Order) => Promise<ApiResult<Answer>>,
  changes: readonly string[],
): UseMutationResult<Answer, Error, Order> {
  const queries = useQueryClient();
  return useMutation({
    // What is changed twice in a row is as it was said last.
    scope: { id: changes.join(" ") },
    mutationFn: (order: Order) => sendWithKey(() => send(order)),
    // After a failure as well: a part may be done, or all of it and only the answer was lost.
    onSettled: async () => {
      readFresh();
      await Promise.all(changes.map((path) => queries.invalidateQueries({ queryKey: [path] })));
    },
  });
}

async function sendWithKey<Answer>(send: () => Promise<ApiResult<Answer>>): Promise<Answer> {
  let result = await send();
  while (wantsKey(result)) {
    const problem = problemIn(result);
    const key = await askForKey(problem.message);
    if (key === null) {
      throw problem;
    }
    keepKey(key);
    result = await send();
    if (wantsKey(result)) {
      keepKey(null);
    }
  }
  return answerIn(result);
}
