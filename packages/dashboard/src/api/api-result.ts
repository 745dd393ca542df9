import { CandlehouseProblem, type Problem } from "@candlehouse/client";

/** What the methods of `client.api` return. */
export interface ApiResult<Answer> {
  readonly data?: Answer | undefined;
  readonly error?: unknown;
  readonly response: Response;
}

/** The answer in `result`. Throws CandlehouseProblem where it is a refusal. */
export function answerIn<Answer>(result: ApiResult<Answer>): Answer {
  if (result.data === undefined) {
    throw problemIn(result);
  }
  return result.data;
}

/** The refusal in `result`. */
export function problemIn({ error, response }: ApiResult<unknown>): CandlehouseProblem {
  const problem = isProblem(error) ? error : {};
  const wait = Number(response.headers.get("retry-after"));
  return new CandlehouseProblem(response.status, problem, wait > 0 ? wait : undefined);
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "detail" in value;
}
