import { methodProblem, problemOf, problemResponse } from "@candlehouse/shared/http/problem";
import { NotFoundError, StorageRejectedError } from "@candlehouse/shared/core/errors";
import { log } from "@candlehouse/shared/log/log";
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { cors } from "hono/cors";
import { addArchiveRoutes } from "./routes/archive.ts";
import { addArchiveWorkRoutes } from "./routes/archive-work.ts";
import { addAssetRoutes } from "./routes/assets.ts";
import { addBackfillRoutes } from "./routes/backfills.ts";
import { addCandlesRoute } from "./routes/candles.ts";
import { addCompletenessRoute } from "./routes/completeness.ts";
import { addCoverageRoute } from "./routes/coverage.ts";
import { addDeadLettersRoute } from "./routes/dead-letters.ts";
import { addDocsRoutes } from "./routes/docs.ts";
import { addGapRoutes } from "./routes/gaps.ts";
import { addHealthRoute } from "./routes/health.ts";
import { addImportRoutes } from "./routes/imports.ts";
import { addIndexRoute } from "./routes/index-page.ts";
import { addLatestRoute } from "./routes/latest.ts";
import { addMarketRoutes } from "./routes/markets.ts";
import { addSeriesRoute } from "./routes/series.ts";
import { addSeriesEditRoutes } from "./routes/series-edit.ts";
import { addSourcesRoute } from "./routes/sources.ts";
import { addTriggerRoute } from "./routes/trigger.ts";
import { answerNotModified } from "./not-modified.ts";
import { secureHeaders } from "./secure-headers.ts";

interface AppEnv {
  Bindings: Env;
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

/** The public address of the system: every route, and what all answers have in common. */
export function createApp(): App {
  const app = new OpenAPIHono<AppEnv>();
  app.use(secureHeaders);
  app.use(
    cors({
      origin: "*",
      allowMethods: ["GET", "HEAD", "OPTIONS"],
      allowHeaders: ["Accept", "Authorization", "If-None-Match", "If-Range", "Range"],
      exposeHeaders: EXPOSED_HEADERS,
      maxAge: 86_400,
    }),
  );
  app.use(answerNotModified(EXPOSED_HEADERS));
  addIndexRoute(app);
  addHealthRoute(app);
  addCandlesRoute(app);
  addLatestRoute(app);
  addSeriesRoute(app);
  addSeriesEditRoutes(app);
  addAssetRoutes(app);
  addMarketRoutes(app);
  addSourcesRoute(app);
  addDeadLettersRoute(app);
  addTriggerRoute(app);
  addBackfillRoutes(app);
  addGapRoutes(app);
  addCoverageRoute(app);
  addCompletenessRoute(app);
  addArchiveWorkRoutes(app);
  addImportRoutes(app);
  addArchiveRoutes(app);
  addDocsRoutes(app);
  app.notFound((c) => answerUnknownRoute(app, c));
  app.onError(answerError);
  return app;
}

function answerUnknownRoute(app: App, c: Context): Response {
  const { path, method } = c.req;
  const methods = new Set(
    app.routes.filter((route) => route.path === path).map((route) => route.method),
  );
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

/** The one place where a failure is logged: a caller's mistake is an answer, not a failure. */
function answerError(error: Error, c: Context): Response {
  // A read that the database refuses is a mistake of ours, whoever asked.
  const problem = problemOf(error instanceof StorageRejectedError ? error.cause : error);
  if (problem.status >= 500) {
    log("request.failed", {
      method: c.req.method,
      path: c.req.path,
      status: problem.status,
      code: problem.code,
      reason: problem.code === "internal" ? (error.stack ?? String(error)) : error.message,
    });
  }
  const response = problemResponse(problem);
  if (problem.status === 401) {
    response.headers.set("www-authenticate", 'Bearer realm="candlehouse"');
  }
  return response;
}
