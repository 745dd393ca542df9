import { z } from "@hono/zod-openapi";
import { answer, CACHE_BRIEFLY, JSON_TYPE } from "../answer.ts";
import { NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { readParameters } from "../parameters.ts";
import { readHosts } from "../read-hosts.ts";
import { countLateSeries, readSeriesOfSources, readSources } from "../read-sources.ts";
import { readNowSeconds } from "../settings.ts";
import { sourcesSchema } from "../source-schemas.ts";

/** Where more series are collected, who asks each few seconds would have millions of rows read. */
const LATE_SERIES_MAX = 1_000;

const sourcesQuery = z.strictObject({});

/** GET /v1/sources */
export function addSourcesRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/sources",
    operationId: "getSources",
    tags: ["collection"],
    summary: "How each source is doing, since when, and how far its hosts may be asked",
    responses: {
      200: {
        description: "Every source that has a series which is collected, or that was asked.",
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
  const { DB: db, PRODUCER: producer } = c.env;
  const [states, collected] = await Promise.all([readSources(db), readSeriesOfSources(db)]);
  const names = [...states, ...collected].map(({ source }) => source);
  const listed = [...new Set(names)].toSorted();
  const enabled = collected.reduce((sum, { series }) => sum + series, 0);
  const [hosts, late] = await Promise.all([
    readHosts(producer, listed),
    enabled > LATE_SERIES_MAX ? null : countLateSeries(db, readNowSeconds(c.env)),
  ]);
  const sources = listed.map((source) => {
    const state = states.find((one) => one.source === source);
    const series = collected.find((one) => one.source === source);
    return {
      source,
      state: state?.state ?? null,
      since: state?.since ?? null,
      reason_code: state?.reason_code ?? null,
      reason: state?.reason ?? null,
      last_success_at: state?.last_success_at ?? null,
      last_error_at: state?.last_error_at ?? null,
      series: series?.series ?? 0,
      late: late === null ? null : (late.get(source) ?? 0),
      last_error: series?.last_error ?? null,
      hosts: hosts === null ? null : (hosts.get(source) ?? []),
    };
  });
  return answer(JSON.stringify({ sources, meta: { count: sources.length } }), {
    contentType: JSON_TYPE,
    cacheControl: CACHE_BRIEFLY,
  });
}
