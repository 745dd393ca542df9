import type { ArchiveFile } from "@candlehouse/shared/core/archive";
import { InvalidInputError, NotFoundError } from "@candlehouse/shared/core/errors";
import { formatSeries, parseSeries } from "@candlehouse/shared/core/series";
import { findArchiveFile, listArchive } from "@candlehouse/shared/d1/read-archive";
import { decodeCursor, encodeCursor, type Binding } from "@candlehouse/shared/http/cursor";
import { z } from "@hono/zod-openapi";
import { answer, CACHE_BRIEFLY, JSON_TYPE } from "../answer.ts";
import { problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { answerFile, PARQUET_TYPE } from "../archive-file.ts";
import { ARCHIVE_STATES, archiveSchema } from "../archive-schemas.ts";
import {
  cursorParameter,
  limitParameter,
  readParameters,
  seriesParameter,
  sourceParameter,
  symbolParameter,
  timeframeParameter,
  timeParameter,
} from "../parameters.ts";

/** Most files in one page, and how many it holds where the caller does not say. */
const PAGE_FILES_MAX = 1_000;
const PAGE_FILES_DEFAULT = 100;

const ARCHIVE_PATH = "/v1/archive";

const archiveQuery = z.strictObject({
  source: sourceParameter.optional(),
  symbol: symbolParameter.optional(),
  timeframe: timeframeParameter.optional(),
  series: seriesParameter.optional(),
  start: timeParameter("Files with a candle that opens then or later.").optional(),
  end: timeParameter("Files with a candle that opens before.").optional(),
  state: z.enum(ARCHIVE_STATES, `one of ${ARCHIVE_STATES.join(", ")}`).default("current"),
  limit: limitParameter("Most files in one page.", PAGE_FILES_DEFAULT, PAGE_FILES_MAX),
  cursor: cursorParameter.optional(),
});

type ArchiveParameters = z.output<typeof archiveQuery>;

const position = z.tuple([z.string(), z.string(), z.string()]);

/** GET /v1/archive and GET /v1/archive/{key} */
export function addArchiveRoutes(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: ARCHIVE_PATH,
    operationId: "getArchive",
    tags: ["archive"],
    summary: "The Parquet files that hold the cold candles",
    request: { query: archiveQuery },
    responses: {
      200: {
        description: "By source, symbol, timeframe and partition.",
        content: { [JSON_TYPE]: { schema: archiveSchema } },
      },
      ...problemsOf({
        400: "A parameter cannot be meant.",
        503: "The database does not answer now.",
      }),
    },
  });
  app.get(ARCHIVE_PATH, (c) => answerArchive(c));
  app.openAPIRegistry.registerPath({
    method: "get",
    path: `${ARCHIVE_PATH}/{key}`,
    operationId: "getArchiveFile",
    tags: ["archive"],
    summary: "A Parquet file of the archive, or a range of its bytes",
    request: {
      params: z.object({
        key: z.string().openapi({
          description: "As the manifest has it, slashes and all.",
          example:
            "candles/source=binance/symbol=BTC-USDT/timeframe=1m/year=2026/month=10/….parquet",
        }),
      }),
      headers: z.object({ range: z.string().optional().openapi({ example: "bytes=-65536" }) }),
    },
    responses: {
      200: {
        description: "The file. The entity tag is its SHA-256.",
        content: { [PARQUET_TYPE]: { schema: { type: "string", format: "binary" } } },
      },
      206: {
        description: "The bytes that Range asks for.",
        content: { [PARQUET_TYPE]: { schema: { type: "string", format: "binary" } } },
      },
      304: { description: "The client has it: If-None-Match names its entity tag." },
      412: { description: "If-Match names another file." },
      416: { description: "The file has no such bytes." },
      ...problemsOf({
        404: "The manifest names no such file.",
        500: "The file is damaged, missing or of another size.",
        503: "The database or the bucket does not answer now.",
      }),
    },
  });
  app.get(`${ARCHIVE_PATH}/*`, (c) => answerArchiveFile(c));
}

async function answerArchive(c: AppContext): Promise<Response> {
  const parameters = readParameters(archiveQuery, c.req.queries());
  assertOneWay(parameters);
  const { limit, cursor, ...filter } = parameters;
  const binding = bindingOf(parameters);
  const files = await listArchive(c.env.DB, filter, positionOf(cursor, binding), limit);
  const last = files.at(-1);
  const next =
    last === undefined || files.length < limit
      ? null
      : encodeCursor(binding, [formatSeries(last.series), last.partition, last.key]);
  const body = { files: files.map(describe), next_cursor: next, meta: { count: files.length } };
  return answer(JSON.stringify(body), { contentType: JSON_TYPE, cacheControl: CACHE_BRIEFLY });
}

/** Throws InvalidInputError where the parameters do not go together. */
function assertOneWay({ source, symbol, timeframe, series, start, end }: ArchiveParameters): void {
  for (const [name, value] of Object.entries({ source, symbol, timeframe })) {
    if (series !== undefined && value !== undefined) {
      throw new InvalidInputError(name, value, "leave it out where series is given");
    }
  }
  if (start !== undefined && end !== undefined && start >= end) {
    throw new InvalidInputError("start", start, `it must be before end, which is ${end}`);
  }
}

function bindingOf({ limit: _limit, cursor: _cursor, series, ...filter }: ArchiveParameters) {
  const binding: Binding = {
    archive: "by key",
    source: filter.source ?? null,
    symbol: filter.symbol ?? null,
    timeframe: filter.timeframe ?? null,
    series: series?.map(formatSeries).join(",") ?? null,
    start: filter.start ?? null,
    end: filter.end ?? null,
    state: filter.state,
  };
  return binding;
}

function positionOf(cursor: string | undefined, binding: Binding) {
  if (cursor === undefined) {
    return undefined;
  }
  const [name, partition, key] = decodeCursor(cursor, binding, position);
  const series = parseSeries(name);
  if (series === undefined) {
    throw new InvalidInputError("cursor", cursor, "it must be next_cursor of an earlier answer");
  }
  return { series, partition, key };
}

function describe(file: ArchiveFile): z.input<typeof archiveSchema>["files"][number] {
  return {
    key: file.key,
    url: `${ARCHIVE_PATH}/${file.key}`,
    series: formatSeries(file.series),
    partition: file.partition,
    state: file.state,
    rows: file.rows,
    first_timestamp: file.first,
    last_timestamp: file.last,
    bytes: file.bytes,
    bytes_per_candle: Math.round((file.bytes / file.rows) * 100) / 100,
    content_hash: file.contentHash,
    file_hash: file.fileHash,
    verified_at: file.verifiedAt,
    damage: file.damage,
  };
}

/** Only what the manifest names: the bucket holds more than the archive. */
async function answerArchiveFile(c: AppContext): Promise<Response> {
  const { pathname } = new URL(c.req.url);
  const key = decodeKey(pathname.slice(ARCHIVE_PATH.length + 1));
  const file = key === undefined ? undefined : await findArchiveFile(c.env.DB, key);
  if (file === undefined) {
    throw new NotFoundError(`the archive has no file ${pathname}; ${ARCHIVE_PATH} lists all`);
  }
  return answerFile(c.env.BUCKET, file, c.req.method, c.req.raw.headers);
}

/** Undefined where the percent signs of `path` encode nothing. */
function decodeKey(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
