import { answer, CACHE_NEVER, JSON_TYPE } from "../answer.ts";
import { healthSchema, NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { readSources } from "../read-sources.ts";
import { readNowSeconds } from "../settings.ts";

/** GET /health */
export function addHealthRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/health",
    operationId: "getHealth",
    tags: ["system"],
    summary: "Whether the system answers",
    responses: {
      200: {
        description: "The database answers.",
        content: { [JSON_TYPE]: { schema: healthSchema } },
      },
      ...NOT_MODIFIED,
      ...problemsOf({ 503: "The database does not answer now." }),
    },
  });
  app.get("/health", (c) => answerHealth(c));
}

/** One row a source: the cheapest question that needs the database and its tables. */
async function answerHealth(c: AppContext): Promise<Response> {
  const sources = await readSources(c.env.DB);
  const failing = sources.some(({ state }) => state === "failing");
  const body = {
    status: failing ? "degraded" : "ok",
    time: readNowSeconds(c.env),
    sources: Object.fromEntries(sources.map(({ source, state }) => [source, state])),
  };
  return answer(JSON.stringify(body), { contentType: JSON_TYPE, cacheControl: CACHE_NEVER });
}
