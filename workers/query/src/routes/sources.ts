import { z } from "@hono/zod-openapi";
import { answer, CACHE_BRIEFLY, JSON_TYPE } from "../answer.ts";
import { NOT_MODIFIED, problemsOf, sourcesSchema } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { readParameters } from "../parameters.ts";
import { readSources } from "../read-sources.ts";

const sourcesQuery = z.strictObject({});

/** GET /v1/sources */
export function addSourcesRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/sources",
    operationId: "getSources",
    tags: ["collection"],
    summary: "How each source is doing, and since when",
    responses: {
      200: {
        description: "Every source that was asked for candles.",
        content: { [JSON_TYPE]: { schema: sourcesSchema } },
      },
      ...NOT_MODIFIED,
      ...problemsOf({
        400: "A parameter cannot be meant.",
        503: "The database does not answer now.",
      }),
    },
  });
  app.get("/v1/sources", (c) => answerSources(c));
}

async function answerSources(c: AppContext): Promise<Response> {
  readParameters(sourcesQuery, c.req.queries());
  const sources = await readSources(c.env.DB);
  return answer(JSON.stringify({ sources, meta: { count: sources.length } }), {
    contentType: JSON_TYPE,
    cacheControl: CACHE_BRIEFLY,
  });
}
