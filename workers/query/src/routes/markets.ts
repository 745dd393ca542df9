import { readMarkets } from "@candlehouse/shared/d1/markets";
import { z } from "@hono/zod-openapi";
import { answer, CACHE_BRIEFLY, JSON_TYPE } from "../answer.ts";
import { NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { changedMarketSchema, marketChangeSchema, marketsSchema } from "../collection-schemas.ts";
import { forwardOrder, ORDER_REFUSALS } from "../forward-order.ts";
import { readParameters, sourceParameter, symbolParameter } from "../parameters.ts";

const marketsQuery = z.strictObject({
  source: sourceParameter.optional(),
  symbol: symbolParameter.optional(),
});

/** GET and PUT /v1/markets */
export function addMarketRoutes(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/markets",
    operationId: "getMarkets",
    tags: ["collection"],
    summary: "What sources call their markets, and when these were there",
    description: "Those that were told of by hand, and those that have series.",
    request: { query: marketsQuery },
    responses: {
      200: {
        description: "By source and symbol.",
        content: { [JSON_TYPE]: { schema: marketsSchema } },
      },
      ...NOT_MODIFIED,
      ...problemsOf({
        400: "A parameter cannot be meant.",
        503: "The database does not answer now.",
      }),
    },
  });
  app.openAPIRegistry.registerPath({
    method: "put",
    path: "/v1/markets",
    operationId: "changeMarket",
    tags: ["collection"],
    summary: "Says what a source calls a market, when it was there, and what took its place",
    description: "Its series are asked for by the new name from then on.",
    request: { body: { required: true, content: { [JSON_TYPE]: { schema: marketChangeSchema } } } },
    responses: {
      200: {
        description: "The market as it is now.",
        content: { [JSON_TYPE]: { schema: changedMarketSchema } },
      },
      ...problemsOf(ORDER_REFUSALS),
    },
  });
  app.get("/v1/markets", (c) => answerMarkets(c));
  app.put("/v1/markets", (c) =>
    forwardOrder(
      c,
      c.env.PRODUCER,
      '{"source":"binance","symbol":"MATIC-USDT","successor":"POL-USDT"}',
    ),
  );
}

async function answerMarkets(c: AppContext): Promise<Response> {
  const filter = readParameters(marketsQuery, c.req.queries());
  const found = await readMarkets(c.env.DB, filter);
  return answer(JSON.stringify({ markets: found.rows }), {
    contentType: JSON_TYPE,
    cacheControl: CACHE_BRIEFLY,
    cost: found,
  });
}
