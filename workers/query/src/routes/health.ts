import { readLastCheck } from "@candlehouse/shared/d1/monitor-figures";
import { answer, CACHE_NEVER, JSON_TYPE } from "../answer.ts";
import { healthSchema, NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { isMonitorLate } from "../monitor-late.ts";
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

/** One row a source, and one of the monitor: the cheapest question that needs the database. */
async function answerHealth(c: AppContext): Promise<Response> {
  const [sources, check] = await Promise.all([readSources(c.env.DB), readLastCheck(c.env.DB)]);
  const time = readNowSeconds(c.env);
  const failing = sources.some(({ state }) => state === "failing");
  const body = {
    status: failing || isMonitorLate(check, sources, time) ? "degraded" : "ok",
    time,
    monitor_checked_at: check?.at ?? null,
    sources: Object.fromEntries(sources.map(({ source, state }) => [source, state])),
  };
  return answer(JSON.stringify(body), { contentType: JSON_TYPE, cacheControl: CACHE_NEVER });
}
