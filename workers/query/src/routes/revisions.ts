import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { listRevisions, type RevisionKey } from "@candlehouse/shared/d1/list-revisions";
import { decodeCursor, encodeCursor } from "@candlehouse/shared/http/cursor";
import { z } from "@hono/zod-openapi";
import { answer, CACHE_BRIEFLY, CSV_TYPE, JSON_TYPE } from "../answer.ts";
import { NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { revisionsSchema } from "../candle-schemas.ts";
import { assertKnownSeries } from "../find-series.ts";
import {
  choiceParameter,
  CSV_CURSOR,
  cursorParameter,
  limitParameter,
  readParameters,
  requiredSeriesParameter,
  timeParameter,
} from "../parameters.ts";
import { revisionsCsv, revisionsJson } from "../revision-formats.ts";
import { readStoredOf } from "../read-stored-of.ts";
import { readNowSeconds } from "../settings.ts";

/** Each revision may lie far from the next, so that its stored candle takes reads of its own. */
const PAGE_REVISIONS_MAX = 200;
const PAGE_REVISIONS_DEFAULT = 100;

/** After every candle there can be; unix seconds. */
const END_OF_TIME = Number.MAX_SAFE_INTEGER;

const revisionsQuery = z.strictObject({
  series: requiredSeriesParameter.refine((series) => series.length === 1, "give one series"),
  start: timeParameter("First open time, inclusive.").optional(),
  end: timeParameter("Last open time, exclusive.").optional(),
  limit: limitParameter("Most revisions in one page.", PAGE_REVISIONS_DEFAULT, PAGE_REVISIONS_MAX),
  cursor: cursorParameter.optional(),
  format: choiceParameter(["json", "csv"], CSV_CURSOR).default("json"),
});

type RevisionsQuery = z.output<typeof revisionsQuery>;

/** GET /v1/revisions */
export function addRevisionsRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/revisions",
    operationId: "getRevisions",
    tags: ["candles"],
    summary: "What a source changed later of candles that are stored",
    description:
      "A stored candle never changes. Other values that its source gave later stand here beside it, by open time and then by when they were seen. GET /v1/candles has them with revisions=latest or as_of.",
    request: { query: revisionsQuery },
    responses: {
      200: {
        description: "A page of revisions. X-Next-Cursor leads to the next one.",
        content: {
          [JSON_TYPE]: { schema: revisionsSchema },
          "text/csv": { schema: z.string() },
        },
      },
      ...NOT_MODIFIED,
      ...problemsOf({
        400: "A parameter cannot be meant.",
        404: "Such a series is not known.",
        500: "A stored candle lies in a damaged file of the archive.",
        503: "The database or the archive does not answer now.",
      }),
    },
  });
  app.get("/v1/revisions", (c) => answerRevisions(c));
}

async function answerRevisions(c: AppContext): Promise<Response> {
  const query = readParameters(revisionsQuery, c.req.queries());
  const { start = 0, end = END_OF_TIME, limit, format } = query;
  const [series] = query.series;
  if (series === undefined || start >= end) {
    throw new InvalidInputError("start", start, `it must be before end, which is ${end}`);
  }
  const after = afterOf(query, series);
  const found = await listRevisions(c.env.DB, { series, start, end, after, limit: limit + 1 });
  const revisions = found.rows.slice(0, limit);
  const last = revisions.at(-1);
  if (last === undefined) {
    await assertKnownSeries(c.env.DB, [series]);
  }
  const stored = await readStoredOf(
    c.env,
    series,
    revisions.map(({ timestamp }) => timestamp),
    readNowSeconds(c.env),
  );
  const cursor =
    last === undefined || found.rows.length <= limit
      ? null
      : encodeCursor(bindingOf(query, series), [last.timestamp, last.seen_at_ms]);
  const meta = { ...series, start: query.start ?? null, end: query.end ?? null, limit };
  const body =
    format === "csv"
      ? revisionsCsv(series, revisions, stored)
      : revisionsJson(revisions, stored, { ...meta, count: revisions.length }, cursor);
  return answer(body, {
    contentType: format === "csv" ? CSV_TYPE : JSON_TYPE,
    cacheControl: CACHE_BRIEFLY,
    cost: found,
    headers: cursor === null ? {} : { "x-next-cursor": cursor },
  });
}

const keySchema = z.tuple([z.int().min(0), z.int()]);

function afterOf(query: RevisionsQuery, series: Series): RevisionKey | undefined {
  return query.cursor === undefined
    ? undefined
    : decodeCursor(query.cursor, bindingOf(query, series), keySchema);
}

function bindingOf({ start, end }: RevisionsQuery, series: Series) {
  return { series: formatSeries(series), start: start ?? null, end: end ?? null };
}
