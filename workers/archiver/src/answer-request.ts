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
import { countWork } from "./count-work.ts";
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
      const { hotFrom, ...start } = await countOrder(context, (counted) =>
        startArchive(counted, { everything: true, series }),
      );
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
      return countOrder(context, (counted) => verifyArchive(counted, order));
    },
  },
  {
    method: "POST",
    path: /^\/v1\/archive\/rebuild$/,
    answer: async (context, request) => {
      const order = parseRebuildOrder(await readBody(request, ORDER_BYTES_MAX));
      return countOrder(context, (counted) => rebuildCatalog(counted, order));
    },
  },
  {
    method: "POST",
    path: /^\/v1\/fragments$/,
    answer: async (context, request) => {
      const series = seriesOfQuery(new URL(request.url).searchParams);
      const body = await readBytes(request, FRAGMENT_BYTES_MAX);
      // They come from backfills, by a binding: no request is billed for them.
      return countWork(context, "archive", async (counted, tally) => {
        const stored = await storeFragments(counted, new Uint8Array(body), series);
        tally.candles = stored.rows;
        return stored;
      });
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

/** Does what was asked for by hand, and tells the ledger. */
function countOrder<Answer>(
  context: ArchiverContext,
  run: (counted: ArchiverContext) => Promise<Answer>,
): Promise<Answer> {
  return countWork(context, "archive", (counted, tally) => {
    tally.requests = 1;
    return run(counted);
  });
}

/** Answers a request that the query Worker passes on; a failure that is ours is in the log. */
export function answerRequest(request: Request, context: ArchiverContext): Promise<Response> {
  return answerRoutes(ROUTES, request, context, (failure) => log("request.failed", failure));
}
