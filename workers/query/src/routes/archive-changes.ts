import { formatSeries } from "@candlehouse/shared/core/series";
import { listChanges, type ChangeRow } from "@candlehouse/shared/d1/archive-changes";
import { decodeCursor, encodeCursor, type Binding } from "@candlehouse/shared/http/cursor";
import { z } from "@hono/zod-openapi";
import { NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import { answer, CACHE_BRIEFLY, JSON_TYPE } from "../answer.ts";
import type { App, AppContext } from "../app.ts";
import { archiveChangesSchema } from "../operations-schemas.ts";
import { cursorParameter, limitParameter, readParameters } from "../parameters.ts";

/** Most changes in one page, and how many it holds where the caller does not say. */
const PAGE_CHANGES_MAX = 1_000;
const PAGE_CHANGES_DEFAULT = 50;

const changesQuery = z.strictObject({
  limit: limitParameter("Most changes in one page.", PAGE_CHANGES_DEFAULT, PAGE_CHANGES_MAX),
  cursor: cursorParameter.optional(),
});

const BINDING: Binding = { archive_changes: "newest first" };

const position = z.tuple([z.int(), z.string(), z.string(), z.string(), z.string(), z.int()]);

/** GET /v1/archive/changes */
export function addArchiveChangesRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/archive/changes",
    operationId: "getArchiveChanges",
    tags: ["archive"],
    summary: "What happened to the archive's files, newest first",
    description:
      "Each change of a partition is a link of its chain; POST /v1/archive/verify checks that the links hold together.",
    request: { query: changesQuery },
    responses: {
      200: {
        description: "Three rows of the database are read a change.",
        content: { [JSON_TYPE]: { schema: archiveChangesSchema } },
      },
      ...NOT_MODIFIED,
      ...problemsOf({
        400: "A parameter cannot be meant.",
        503: "The database does not answer now.",
      }),
    },
  });
  app.get("/v1/archive/changes", (c) => answerChanges(c));
}

async function answerChanges(c: AppContext): Promise<Response> {
  const { limit, cursor } = readParameters(changesQuery, c.req.queries());
  const after = cursor === undefined ? undefined : decodeCursor(cursor, BINDING, position);
  // One more than the page holds, so that the last page is known to be the last.
  const found = await listChanges(c.env.DB, after, limit + 1);
  const changes = found.changes.slice(0, limit);
  const last = changes.at(-1);
  const next =
    last === undefined || found.changes.length <= limit
      ? null
      : encodeCursor(BINDING, [
          last.at,
          last.source,
          last.symbol,
          last.timeframe,
          last.partition,
          last.sequence,
        ]);
  const body = {
    changes: changes.map(describe),
    next_cursor: next,
    meta: { durationMs: found.durationMs },
  };
  return answer(JSON.stringify(body), {
    contentType: JSON_TYPE,
    cacheControl: CACHE_BRIEFLY,
    cost: found,
  });
}

function describe({ partition, sequence, at, kind, added, removed, ...change }: ChangeRow) {
  const { key, rows, bytes } = change;
  return {
    series: formatSeries(change),
    partition,
    sequence,
    at,
    kind,
    added,
    removed,
    file: key === null ? null : { key, rows, bytes },
  };
}
