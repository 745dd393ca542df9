import { methodProblem, problemOf, problemResponse } from "@candlehouse/shared/http/problem";
import { NotFoundError } from "@candlehouse/shared/core/errors";
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { guardAccess, type Access } from "./access/guard-access.ts";
import { allowCrossOrigin } from "./access/cross-origin.ts";
import { auditOrders } from "./access/audit-orders.ts";
import { refusalAtDoor } from "./access/door-refusals.ts";
import { KnownKeys } from "./access/known-keys.ts";
import { TokenVerifier } from "./access/token-verifier.ts";
import { addAlertsRoute } from "./routes/alerts.ts";
import { addAuditRoute } from "./routes/audit.ts";
import { addKeyRoutes } from "./routes/keys.ts";
import { addArchiveRoutes } from "./routes/archive.ts";
import { addArchiveChangesRoute } from "./routes/archive-changes.ts";
import { addArchiveWorkRoutes } from "./routes/archive-work.ts";
import { addAssetRoutes } from "./routes/assets.ts";
import { addBackfillRoutes } from "./routes/backfills.ts";
import { addBinanceRoutes } from "./routes/binance.ts";
import { addCandlesRoute } from "./routes/candles.ts";
import { addCompareRoute } from "./routes/compare.ts";
import { addCompletenessRoute } from "./routes/completeness.ts";
import { addCostsRoute } from "./routes/costs.ts";
import { addCoverageRoute } from "./routes/coverage.ts";
import { addDeadLetterOrderRoutes } from "./routes/dead-letter-orders.ts";
import { addDeadLetterRoutes } from "./routes/dead-letters.ts";
import { addDocsRoutes } from "./routes/docs.ts";
import { addGapRoutes } from "./routes/gaps.ts";
import { addGrafanaRoutes } from "./routes/grafana.ts";
import { addHealthRoute } from "./routes/health.ts";
import { addImportRoutes } from "./routes/imports.ts";
import { addIndexRoute } from "./routes/index-page.ts";
import { addLatestRoute } from "./routes/latest.ts";
import { addMarketRoutes } from "./routes/markets.ts";
import { addMetricsRoute } from "./routes/metrics.ts";
import { addOutliersRoute } from "./routes/outliers.ts";
import { addRevisionsRoute } from "./routes/revisions.ts";
import { addSeriesRoute } from "./routes/series.ts";
import { addSeriesEditRoutes } from "./routes/series-edit.ts";
import { addSourcesRoute } from "./routes/sources.ts";
import { addStatsRoute } from "./routes/stats.ts";
import { addStreamRoute } from "./routes/stream.ts";
import { addTriggerRoute } from "./routes/trigger.ts";
import { addUdfRoutes } from "./routes/udf.ts";
import { ArchiveFigures } from "./archive-figures.ts";
import type { EdgeCache } from "./edge-cache.ts";
import { encodeAnswers } from "./encode-answers.ts";
import { answerNotModified } from "./not-modified.ts";
import { reportFailure } from "./request-failure.ts";
import { secureHeaders } from "./secure-headers.ts";

export interface AppEnv {
  Bindings: Env;
  Variables: {
    /** Of the call, once it was let in. */
    access: Access;
  };
}

export type App = OpenAPIHono<AppEnv>;
export type AppContext = Context<AppEnv>;

/** Headers of ours that a page of another site may read. */
const EXPOSED_HEADERS = [
  "ETag",
  "Link",
  "X-Next-Cursor",
  "Server-Timing",
  "Accept-Ranges",
  "Content-Length",
  "Content-Range",
];

/**
 * The public address of the system: every route, and what all answers have in common. Candles that
 * never change are kept in `cache`, where there is one.
 */
export function createApp(cache?: EdgeCache): App {
  const app = new OpenAPIHono<AppEnv>();
  app.use(secureHeaders);
  app.use(allowCrossOrigin(EXPOSED_HEADERS));
  app.use(answerNotModified(EXPOSED_HEADERS));
  app.use(encodeAnswers);
  const keys = new KnownKeys();
  app.use(guardAccess({ keys, tokens: new TokenVerifier() }));
  app.use(auditOrders);
  addIndexRoute(app);
  addHealthRoute(app);
  const figures = new ArchiveFigures();
  addStatsRoute(app, figures);
  addMetricsRoute(app, figures);
  addCostsRoute(app, figures);
  addCandlesRoute(app, cache);
  addRevisionsRoute(app);
  addLatestRoute(app);
  addStreamRoute(app);
  addBinanceRoutes(app);
  addCompareRoute(app);
  addOutliersRoute(app);
  addSeriesRoute(app);
  addSeriesEditRoutes(app);
  addAssetRoutes(app);
  addMarketRoutes(app);
  addSourcesRoute(app);
  addAlertsRoute(app);
  addDeadLetterRoutes(app);
  addDeadLetterOrderRoutes(app);
  addTriggerRoute(app);
  addBackfillRoutes(app);
  addGapRoutes(app);
  addCoverageRoute(app);
  addCompletenessRoute(app);
  addArchiveWorkRoutes(app);
  addImportRoutes(app);
  addArchiveChangesRoute(app);
  addArchiveRoutes(app);
  addKeyRoutes(app, keys);
  addAuditRoute(app);
  addUdfRoutes(app);
  addGrafanaRoutes(app);
  addDocsRoutes(app);
  app.notFound((c) => answerUnknownRoute(app, c));
  app.onError(answerError);
  return app;
}

function answerUnknownRoute(app: App, c: Context): Response {
  const { path, method } = c.req;
  const here = app.routes.filter(
    (route) =>
      route.method !== "ALL" && new URLPattern({ pathname: route.path }).test({ pathname: path }),
  );
  const methods = new Set(here.map((route) => route.method));
  if (methods.size === 0) {
    return problemResponse(
      problemOf(new NotFoundError(`there is nothing at ${path}; /openapi.json lists the routes`)),
    );
  }
  const allowed = [...methods, ...(methods.has("GET") ? ["HEAD"] : []), "OPTIONS"];
  const response = problemResponse(methodProblem(method, path, allowed));
  response.headers.set("allow", allowed.join(", "));
  return response;
}

function answerError(error: Error, c: Context): Response {
  const problem = reportFailure(c, error);
  const response = refusalAtDoor(c.req.path, problem) ?? problemResponse(problem);
  if (problem.status === 401) {
    response.headers.set("www-authenticate", 'Bearer realm="candlehouse"');
  }
  return response;
}
