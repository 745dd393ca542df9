import { ASSET_CATEGORIES } from "@candlehouse/shared/core/asset";
import { readAssets } from "@candlehouse/shared/d1/assets";
import { z } from "@hono/zod-openapi";
import { answer, CACHE_BRIEFLY, JSON_TYPE } from "../answer.ts";
import { NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { assetChangeSchema, assetsSchema, changedAssetSchema } from "../collection-schemas.ts";
import { forwardOrder, ORDER_REFUSALS } from "../forward-order.ts";
import { choiceParameter, readParameters } from "../parameters.ts";

const assetsQuery = z.strictObject({
  tier: z
    .enum(["1", "2", "3", "4"], "one of 1, 2, 3, 4")
    .transform(Number)
    .optional()
    .openapi({ description: "1 is collected first." }),
  category: choiceParameter(ASSET_CATEGORIES, "What kind of asset it is.").optional(),
});

/** GET /v1/assets and PUT /v1/assets/{ticker} */
export function addAssetRoutes(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/assets",
    operationId: "getAssets",
    tags: ["collection"],
    summary: "What is traded: tiers, other names, successors",
    description:
      "Those of the built-in table, those that were told of by hand, and those that have series.",
    request: { query: assetsQuery },
    responses: {
      200: { description: "By ticker.", content: { [JSON_TYPE]: { schema: assetsSchema } } },
      ...NOT_MODIFIED,
      ...problemsOf({
        400: "A parameter cannot be meant.",
        503: "The database does not answer now.",
      }),
    },
  });
  app.openAPIRegistry.registerPath({
    method: "put",
    path: "/v1/assets/{ticker}",
    operationId: "changeAsset",
    tags: ["collection"],
    summary: "Changes what is known of an asset, such as its tier",
    description:
      "Series follow the tier of their base asset, but for those that were given one of their own.",
    request: {
      params: z.object({
        ticker: z.string().openapi({ description: "The asset, in upper case.", example: "BTC" }),
      }),
      body: { required: true, content: { [JSON_TYPE]: { schema: assetChangeSchema } } },
    },
    responses: {
      200: {
        description: "The asset as it is now.",
        content: { [JSON_TYPE]: { schema: changedAssetSchema } },
      },
      ...problemsOf(ORDER_REFUSALS),
    },
  });
  app.get("/v1/assets", (c) => answerAssets(c));
  app.put("/v1/assets/:ticker", (c) => forwardOrder(c, c.env.PRODUCER, '{"tier":1}'));
}

async function answerAssets(c: AppContext): Promise<Response> {
  const { tier, category } = readParameters(assetsQuery, c.req.queries());
  const found = await readAssets(c.env.DB);
  const assets = found.rows.filter(
    (asset) =>
      (tier === undefined || asset.tier === tier) &&
      (category === undefined || asset.category === category),
  );
  return answer(JSON.stringify({ assets }), {
    contentType: JSON_TYPE,
    cacheControl: CACHE_BRIEFLY,
    cost: found,
  });
}
