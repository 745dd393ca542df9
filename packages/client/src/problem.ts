import type { Problem } from "./api.ts";

/** A refusal of Candlehouse, or of something in front of it. Its message is the sentence that was answered. */
export class CandlehouseProblem extends Error {
  /** HTTP status. */
  readonly status: number;
  /** What kind of problem it is; undefined where the answer is no problem document. */
  readonly code: Problem["code"] | undefined;
  /** Of the request, where one parameter is what is wrong. */
  readonly parameter: string | undefined;
  /** Seconds after which it may succeed; undefined where nothing was said. */
  readonly retryAfter: number | undefined;
  /** The whole document: of a damaged file of the archive it has the key, series and range. */
  readonly problem: Partial<Problem>;

  constructor(status: number, problem: Partial<Problem>, retryAfter: number | undefined) {
    super(problem.detail ?? `HTTP ${status}`);
    this.name = "CandlehouseProblem";
    this.status = status;
    this.code = problem.code;
    this.parameter = problem.parameter;
    this.retryAfter = retryAfter;
    this.problem = problem;
  }
}

/** The refusal that `response` is; reads its body. */
export async function problemIn(response: Response): Promise<CandlehouseProblem> {
  const problem = problemOf(await response.text());
  const waitMs = retryAfterMs(response);
  return new CandlehouseProblem(
    response.status,
    problem,
    waitMs === undefined ? undefined : Math.ceil(waitMs / 1_000),
  );
}

/** What the Retry-After header of `response` says, milliseconds from now; undefined without one. */
export function retryAfterMs(response: Response): number | undefined {
  const text = response.headers.get("retry-after") ?? "";
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}

/** The members of a problem document that are what they should be; none where `text` is something else. */
function problemOf(text: string): Partial<Problem> {
  try {
    const value: unknown = JSON.parse(text);
    return isProblem(value) ? value : {};
  } catch {
    // A gateway in front of the system answers in HTML.
    return {};
  }
}

function isProblem(value: unknown): value is Problem {
  return (
    typeof value === "object" &&
    value !== null &&
    "detail" in value &&
    typeof value.detail === "string"
  );
}
