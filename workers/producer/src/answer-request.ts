import { CandlehouseError, NotFoundError } from "@candlehouse/shared/core/errors";
import { methodProblem, problemOf, problemResponse } from "@candlehouse/shared/http/problem";
import { log } from "@candlehouse/shared/log/log";
import { ASSET_ROUTES } from "./answer-assets.ts";
import { MARKET_ROUTES } from "./answer-markets.ts";
import { SERIES_ROUTES } from "./answer-series.ts";
import { answerTrigger } from "./answer-trigger.ts";
import { BACKFILL_ROUTES } from "./backfill-answers.ts";
import type { ProducerContext, Route } from "./route.ts";

const ROUTES: readonly Route[] = [
  { method: "POST", path: /^\/trigger$/, answer: answerTrigger },
  ...SERIES_ROUTES,
  ...ASSET_ROUTES,
  ...MARKET_ROUTES,
  ...BACKFILL_ROUTES,
];

/**
 * Answers a request that the query Worker passes on; who may ask was decided there. A failure is
 * problem JSON, and one that is ours is in the log.
 */
export async function answerRequest(request: Request, context: ProducerContext): Promise<Response> {
  const { pathname } = new URL(request.url);
  try {
    const routes = ROUTES.filter(({ path }) => path.test(pathname));
    const route = routes.find(({ method }) => method === request.method);
    if (route !== undefined) {
      const [, name = ""] = route.path.exec(pathname) ?? [];
      return await route.answer(context, request, name);
    }
    if (routes.length === 0) {
      throw new NotFoundError(`there is nothing at ${pathname}`);
    }
    const allowed = routes.map(({ method }) => method);
    return problemResponse(methodProblem(request.method, pathname, allowed));
  } catch (error) {
    const problem = problemOf(error);
    if (problem.status >= 500) {
      log("request.failed", {
        method: request.method,
        path: pathname,
        status: problem.status,
        code: problem.code,
        reason:
          error instanceof CandlehouseError || !(error instanceof Error)
            ? String(error)
            : (error.stack ?? String(error)),
      });
    }
    return problemResponse(problem);
  }
}
