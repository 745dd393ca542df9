import { answerRoutes, type Route } from "@candlehouse/shared/http/answer-routes";
import { log } from "@candlehouse/shared/log/log";
import { ASSET_ROUTES } from "./answer-assets.ts";
import { BUDGET_ROUTES } from "./answer-budget.ts";
import { HOST_ROUTES } from "./answer-hosts.ts";
import { MARKET_ROUTES } from "./answer-markets.ts";
import { SERIES_ROUTES } from "./answer-series.ts";
import { OPEN_CANDLE_ROUTES } from "./answer-open-candles.ts";
import { answerTrigger } from "./answer-trigger.ts";
import { BACKFILL_ROUTES } from "./backfill-answers.ts";
import type { ProducerContext } from "./context.ts";

const ROUTES: readonly Route<ProducerContext>[] = [
  { method: "POST", path: /^\/trigger$/, answer: answerTrigger },
  ...SERIES_ROUTES,
  ...ASSET_ROUTES,
  ...MARKET_ROUTES,
  ...BACKFILL_ROUTES,
  ...OPEN_CANDLE_ROUTES,
  ...HOST_ROUTES,
  ...BUDGET_ROUTES,
];

/** Answers a request that the query Worker passes on; a failure that is ours is in the log. */
export function answerRequest(request: Request, context: ProducerContext): Promise<Response> {
  return answerRoutes(ROUTES, request, context, (failure) => log("request.failed", failure));
}
