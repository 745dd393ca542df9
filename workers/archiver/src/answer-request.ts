import { CandlehouseError, NotFoundError } from "@candlehouse/shared/core/errors";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { isSeriesKnown } from "@candlehouse/shared/d1/known-series";
import { methodProblem, problemOf, problemResponse } from "@candlehouse/shared/http/problem";
import { readBody, readBytes } from "@candlehouse/shared/http/read-body";
import { log } from "@candlehouse/shared/log/log";
import { FRAGMENT_BYTES_MAX } from "@candlehouse/shared/r2/decode-foreign-file";
import {
  ORDER_BYTES_MAX,
  parseRebuildOrder,
  parseRunOrder,
  parseVerifyOrder,
  seriesOfQuery,
} from "./answer-orders.ts";
import { answerImport, answerImportOf, answerImports } from "./answer-imports.ts";
import type { ArchiverContext } from "./context.ts";
import { storeFragments } from "./fragments.ts";
import { rebuildCatalog } from "./rebuild.ts";
import { archiveStatus, startArchive } from "./start-archive.ts";
import { verifyArchive } from "./verify.ts";

/** What answers one address, as JSON. */
interface Route {
  readonly method: "GET" | "POST";
  readonly path: RegExp;
  /** `name` is what the path's one group holds. */
  readonly answer: (context: ArchiverContext, request: Request, name: string) => Promise<unknown>;
}

const ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: /^\/v1\/archive\/run$/,
    answer: async (context, request) => {
      const { series } = parseRunOrder(await readBody(request, ORDER_BYTES_MAX));
      await expectKnown(context.db, series);
      // Who asks by hand wants all that has aged, however little it is.
      const { hotFrom, ...start } = await startArchive(context, { everything: true, series });
      return { hot_from: hotFrom, ...start };
    },
  },
  {
    method: "GET",
    path: /^\/v1\/archive\/runs\/([\w.-]{1,100})$/,
    answer: (context, _request, id) => archiveStatus(context, id),
  },
  {
    method: "POST",
    path: /^\/v1\/archive\/verify$/,
    answer: async (context, request) => {
      const order = parseVerifyOrder(await readBody(request, ORDER_BYTES_MAX));
      await expectKnown(context.db, order.series);
      return verifyArchive(context, order);
    },
  },
  {
    method: "POST",
    path: /^\/v1\/archive\/rebuild$/,
    answer: async (context, request) =>
      rebuildCatalog(context, parseRebuildOrder(await readBody(request, ORDER_BYTES_MAX))),
  },
  {
    method: "POST",
    path: /^\/v1\/fragments$/,
    answer: async (context, request) => {
      const series = seriesOfQuery(new URL(request.url).searchParams);
      const body = await readBytes(request, FRAGMENT_BYTES_MAX);
      return storeFragments(context, new Uint8Array(body), series);
    },
  },
  { method: "POST", path: /^\/v1\/imports$/, answer: answerImport },
  { method: "GET", path: /^\/v1\/imports$/, answer: answerImports },
  {
    method: "GET",
    path: /^\/v1\/imports\/([\w.-]{1,100})$/,
    answer: (context, _request, id) => answerImportOf(context, id),
  },
];

/**
 * Answers a request that the query Worker passes on; who may ask was decided there. A failure is
 * problem JSON, and one that is ours is in the log.
 */
export async function answerRequest(request: Request, context: ArchiverContext): Promise<Response> {
  const { pathname } = new URL(request.url);
  try {
    const routes = ROUTES.filter(({ path }) => path.test(pathname));
    const route = routes.find(({ method }) => method === request.method);
    if (route !== undefined) {
      const [, name = ""] = route.path.exec(pathname) ?? [];
      return jsonResponse(await route.answer(context, request, name));
    }
    if (routes.length === 0) {
      throw new NotFoundError(`there is nothing at ${pathname}`);
    }
    const allowed = routes.map(({ method }) => method);
    return problemResponse(methodProblem(request.method, pathname, allowed));
  } catch (error) {
    const problem = problemOf(error);
    if (problem.status >= 500) {
      log("request.failed", {
        method: request.method,
        path: pathname,
        status: problem.status,
        code: problem.code,
        reason:
          error instanceof CandlehouseError || !(error instanceof Error)
            ? String(error)
            : (error.stack ?? String(error)),
      });
    }
    return problemResponse(problem);
  }
}

/** Throws NotFoundError where an order is for a series of which nothing is known. */
async function expectKnown(db: D1Database, series: Series | undefined): Promise<void> {
  if (series !== undefined && !(await isSeriesKnown(db, series))) {
    throw new NotFoundError(
      `there is no series ${formatSeries(series)}: it is not collected, and has neither candles nor files`,
    );
  }
}

function jsonResponse(body: unknown): Response {
  return new Response(JSON.stringify(body), {
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" },
  });
}
