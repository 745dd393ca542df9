import { assertSeriesKnown } from "@candlehouse/shared/d1/known-series";
import { answerRoutes, jsonRoutes } from "@candlehouse/shared/http/answer-routes";
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

const ROUTES = jsonRoutes<ArchiverContext>([
  {
    method: "POST",
    path: /^\/v1\/archive\/run$/,
    answer: async (context, request) => {
      const { series } = parseRunOrder(await readBody(request, ORDER_BYTES_MAX));
      if (series !== undefined) {
        await assertSeriesKnown(context.db, series);
      }
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
      if (order.series !== undefined) {
        await assertSeriesKnown(context.db, order.series);
      }
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
]);

/** Answers a request that the query Worker passes on; a failure that is ours is in the log. */
export function answerRequest(request: Request, context: ArchiverContext): Promise<Response> {
  return answerRoutes(ROUTES, request, context, (failure) => log("request.failed", failure));
}
