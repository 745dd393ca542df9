import { parseSeries } from "@candlehouse/shared/core/series";
import { z } from "@hono/zod-openapi";
import { answer, CACHE_NEVER, JSON_TYPE } from "../answer.ts";
import { NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { answerTargets } from "../grafana/answer-targets.ts";
import {
  GRAFANA_BYTES_MAX,
  metricsBody,
  payloadOptionsBody,
  queryBody,
  readPanelBody,
  tagKeysBody,
  tagValuesBody,
  variableBody,
  PANEL_KEYS,
} from "../grafana/bodies.ts";
import {
  listPanelSeries,
  metricsOf,
  payloadOptionsOf,
  valuesOf,
} from "../grafana/list-panel-series.ts";
import {
  metricsSchema,
  optionsSchema,
  panelAnswersSchema,
  tagKeysSchema,
  tagValuesSchema,
  variableSchema,
} from "../grafana/schemas.ts";
import { timingSince } from "../server-timing.ts";
import { readNowSeconds } from "../settings.ts";
import { addPanelRoute } from "./grafana-panel.ts";

/** GET /grafana/candles for the Infinity data source, and what the simPod JSON data source asks. */
export function addGrafanaRoutes(app: App): void {
  addPanelRoute(app);
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/grafana",
    operationId: "testGrafana",
    tags: ["grafana"],
    summary: "What the simPod JSON data source asks to see whether it is connected",
    responses: {
      200: {
        description: "It is.",
        content: { [JSON_TYPE]: { schema: z.strictObject({ status: z.literal("ok") }) } },
      },
      ...NOT_MODIFIED,
    },
  });
  // With a slash too: that is what a data source asks whose URL ends with one.
  for (const path of ["/grafana", "/grafana/"]) {
    app.get(path, () => answerJson({ status: "ok" }));
  }
  for (const { path, operationId, summary, body, done, failures, reply } of ORDERS) {
    app.openAPIRegistry.registerPath({
      method: "post",
      path,
      operationId,
      tags: ["grafana"],
      summary,
      request: { body: { required: true, content: { [JSON_TYPE]: { schema: body } } } },
      responses: {
        200: { description: "The answer.", content: { [JSON_TYPE]: { schema: done } } },
        ...problemsOf({
          400: "The body cannot be meant; parameter says which member of it.",
          413: `The body has more than ${GRAFANA_BYTES_MAX} bytes.`,
          ...failures,
        }),
      },
    });
    app.post(path, (c) => reply(c));
  }
}

/** What asks the database fails as it does; what asks nothing cannot. */
const DATABASE_FAILURES = { 503: "The database does not answer now." };
const CANDLE_FAILURES = {
  404: "Such a series is not known.",
  413: `The body has more than ${GRAFANA_BYTES_MAX} bytes, or the candles take more reads than one answer may make.`,
  500: "Candles of the range lie in a damaged file of the archive.",
  503: "The database or the archive does not answer now.",
};

const ORDERS = [
  {
    path: "/grafana/metrics",
    operationId: "getGrafanaMetrics",
    summary: "The series that a query may name",
    body: metricsBody,
    done: metricsSchema,
    failures: DATABASE_FAILURES,
    reply: async (c: AppContext) => {
      await readPanelBody(c.req.raw, metricsBody);
      return answerJson(metricsOf(await listPanelSeries(c.env.DB)));
    },
  },
  {
    path: "/grafana/metric-payload-options",
    operationId: "getGrafanaPayloadOptions",
    summary: "What a setting of a query may be: field or interval",
    body: payloadOptionsBody,
    done: optionsSchema,
    failures: {},
    reply: async (c: AppContext) => {
      const { metric = "", name } = await readPanelBody(c.req.raw, payloadOptionsBody);
      return answerJson(payloadOptionsOf(name, parseSeries(metric)));
    },
  },
  {
    path: "/grafana/query",
    operationId: "queryGrafana",
    summary: "Lines and tables of a panel: a field of a series, its candles, gaps or completeness",
    body: queryBody,
    done: panelAnswersSchema,
    failures: CANDLE_FAILURES,
    reply: async (c: AppContext) => {
      const startedMs = performance.now();
      const body = await readPanelBody(c.req.raw, queryBody);
      const { answers, cost, plan } = await answerTargets(c.env, body, readNowSeconds(c.env));
      const servedMs = performance.now();
      return answer(JSON.stringify(answers), {
        contentType: JSON_TYPE,
        cacheControl: CACHE_NEVER,
        headers: { "server-timing": timingSince({ startedMs, servedMs }, cost, plan) },
      });
    },
  },
  {
    path: "/grafana/variable",
    operationId: "getGrafanaVariable",
    summary: "The values of a dashboard's variable",
    body: variableBody,
    done: variableSchema,
    failures: DATABASE_FAILURES,
    reply: async (c: AppContext) => {
      const { payload: { target = "series", ...like } = {} } = await readPanelBody(
        c.req.raw,
        variableBody,
      );
      const values = valuesOf(await listPanelSeries(c.env.DB), target, like);
      return answerJson(values.map((value) => ({ __text: value, __value: value })));
    },
  },
  {
    path: "/grafana/tag-keys",
    operationId: "getGrafanaTagKeys",
    summary: "What ad hoc filters may be about",
    body: tagKeysBody,
    done: tagKeysSchema,
    failures: {},
    reply: async (c: AppContext) => {
      await readPanelBody(c.req.raw, tagKeysBody);
      return answerJson(PANEL_KEYS.map((text) => ({ type: "string", text })));
    },
  },
  {
    path: "/grafana/tag-values",
    operationId: "getGrafanaTagValues",
    summary: "The values that an ad hoc filter may have",
    body: tagValuesBody,
    done: tagValuesSchema,
    failures: DATABASE_FAILURES,
    reply: async (c: AppContext) => {
      const { key } = await readPanelBody(c.req.raw, tagValuesBody);
      const values = valuesOf(await listPanelSeries(c.env.DB), key);
      return answerJson(values.map((text) => ({ text })));
    },
  },
] as const;

function answerJson(body: unknown): Promise<Response> {
  return answer(JSON.stringify(body), { contentType: JSON_TYPE, cacheControl: CACHE_NEVER });
}
