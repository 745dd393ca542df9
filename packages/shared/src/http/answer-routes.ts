import { CandlehouseError, NotFoundError } from "../core/errors.ts";
import { methodProblem, problemOf, problemResponse, type Problem } from "./problem.ts";

/** What answers one method of one address. */
export interface Route<Context, Answer = Response> {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: RegExp;
  /**
   * `name` is what the first group of `path` holds, as it stands in the address; empty where there
   * is none. What is thrown becomes problem JSON.
   */
  readonly answer: (context: Context, request: Request, name: string) => Promise<Answer>;
}

/** A request that failed for a reason of ours, as the log has it. */
export interface RequestFailure {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly code: Problem["code"];
  readonly reason: string;
}

/**
 * Answers a request that the query Worker passes on; who may ask was decided there. A failure is
 * problem JSON, and one that is ours is told to `logFailure`.
 */
export async function answerRoutes<Context>(
  routes: readonly Route<Context>[],
  request: Request,
  context: Context,
  logFailure: (failure: RequestFailure) => void,
): Promise<Response> {
  const { method } = request;
  const { pathname: path } = new URL(request.url);
  try {
    const here = routes.filter((route) => route.path.test(path));
    const route = here.find((one) => one.method === method);
    if (route !== undefined) {
      const [, name = ""] = route.path.exec(path) ?? [];
      return await route.answer(context, request, name);
    }
    if (here.length === 0) {
      throw new NotFoundError(`there is nothing at ${path}`);
    }
    const allowed = here.map((one) => one.method);
    return problemResponse(methodProblem(method, path, allowed));
  } catch (error) {
    const problem = problemOf(error);
    const { status, code } = problem;
    if (status >= 500) {
      logFailure({ method, path, status, code, reason: reasonOf(error) });
    }
    return problemResponse(problem);
  }
}

/** Of an error that nobody threw on purpose, where it came from. */
function reasonOf(error: unknown): string {
  return error instanceof CandlehouseError || !(error instanceof Error)
    ? String(error)
    : (error.stack ?? String(error));
}

/** `routes` whose answers are the bodies of JSON answers. */
export function jsonRoutes<Context>(
  routes: readonly Route<Context, unknown>[],
): readonly Route<Context>[] {
  return routes.map(({ answer, ...route }) => ({
    ...route,
    answer: async (context, request, name) => jsonResponse(await answer(context, request, name)),
  }));
}

/** `body` as an answer that nobody keeps. */
export function jsonResponse(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" },
  });
}
