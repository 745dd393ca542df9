import type { ArchiveFile } from "@candlehouse/shared/core/archive";
import { InvalidInputError, PayloadTooLargeError } from "@candlehouse/shared/core/errors";
import { formatSeries, parseSeries } from "@candlehouse/shared/core/series";
import { listArchive, type ArchivePosition } from "@candlehouse/shared/d1/read-archive";
import { decodeCursor, encodeCursor, type Binding } from "@candlehouse/shared/http/cursor";
import { z } from "@hono/zod-openapi";
import { acceptedType } from "./accepted-type.ts";
import { answer, CACHE_BRIEFLY, JSON_TYPE } from "./answer.ts";
import type { AppContext } from "./app.ts";
import { ARCHIVE_STATES, type archiveSchema } from "./archive-schemas.ts";
import {
  choiceParameter,
  cursorParameter,
  optionalLimitParameter,
  readParameters,
  seriesParameter,
  sourceParameter,
  symbolParameter,
  timeframeParameter,
  timeParameter,
} from "./parameters.ts";

export const ARCHIVE_PATH = "/v1/archive";

/** Most files in one page, and how many it holds where the caller does not say. */
const PAGE_FILES_MAX = 1_000;
const PAGE_FILES_DEFAULT = 100;

/** Most files in a list without pages: some 2 MB of addresses. */
export const ARCHIVE_URLS_MAX = 10_000;

const TEXT_TYPE = "text/plain; charset=utf-8";

export const archiveQuery = z.strictObject({
  source: sourceParameter.optional(),
  symbol: symbolParameter.optional(),
  timeframe: timeframeParameter.optional(),
  series: seriesParameter.optional(),
  start: timeParameter("Files with a candle that opens then or later.").optional(),
  end: timeParameter("Files with a candle that opens before.").optional(),
  state: choiceParameter(
    ARCHIVE_STATES,
    "current files hold the candles; others held them.",
  ).default("current"),
  limit: optionalLimitParameter(
    `Most files in one page of JSON: ${PAGE_FILES_DEFAULT} where it is not given. As text, all files are in one answer.`,
    PAGE_FILES_MAX,
  ),
  cursor: cursorParameter.optional(),
  format: z
    .enum(["json", "text"], "json or text")
    .optional()
    .openapi({ description: "Wins over the Accept header (application/json, text/plain)." }),
});

type ArchiveParameters = z.output<typeof archiveQuery>;

const position = z.tuple([z.string(), z.string(), z.string()]);

/** The answer to a request for the manifest: a page of it as JSON, or all addresses as text. */
export async function answerArchive(c: AppContext): Promise<Response> {
  const parameters = readParameters(archiveQuery, c.req.queries());
  assertOneWay(parameters);
  const { format = acceptedFormat(c) } = parameters;
  return format === "text" ? answerUrls(c, parameters) : answerPage(c, parameters);
}

async function answerPage(c: AppContext, parameters: ArchiveParameters): Promise<Response> {
  const { limit = PAGE_FILES_DEFAULT, cursor, ...filter } = parameters;
  const binding = bindingOf(parameters);
  // One more than the page holds, so that the last page is known to be the last.
  const found = await listArchive(c.env.DB, filter, positionOf(cursor, binding), limit + 1);
  const files = found.slice(0, limit);
  const last = files.at(-1);
  const next =
    last === undefined || found.length <= limit
      ? null
      : encodeCursor(binding, [formatSeries(last.series), last.partition, last.key]);
  const body = { files: files.map(describe), next_cursor: next, meta: { count: files.length } };
  return answer(JSON.stringify(body), {
    contentType: JSON_TYPE,
    cacheControl: CACHE_BRIEFLY,
    headers: { vary: "Accept" },
  });
}

/** Whole, for who reads a list of addresses asks for no second page. */
async function answerUrls(c: AppContext, parameters: ArchiveParameters): Promise<Response> {
  for (const name of ["limit", "cursor"] as const) {
    if (parameters[name] !== undefined) {
      throw new InvalidInputError(
        name,
        parameters[name],
        "leave it out where the answer is text: that has all files",
      );
    }
  }
  const files = await listArchive(c.env.DB, parameters, undefined, ARCHIVE_URLS_MAX + 1);
  if (files.length > ARCHIVE_URLS_MAX) {
    throw new PayloadTooLargeError(
      `a list as text has up to ${ARCHIVE_URLS_MAX} files: name series or a shorter range, or ask for format=json page by page`,
    );
  }
  const { origin } = new URL(c.req.url);
  const lines = files.map(({ key }) => `${origin}${ARCHIVE_PATH}/${key}\n`);
  return answer(lines.join(""), {
    contentType: TEXT_TYPE,
    cacheControl: CACHE_BRIEFLY,
    headers: { vary: "Accept" },
  });
}

function acceptedFormat(c: AppContext): "json" | "text" {
  const type = acceptedType(c.req.header("accept"), [JSON_TYPE, "text/plain"]);
  return type === JSON_TYPE ? "json" : "text";
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

function bindingOf({ series, ...filter }: ArchiveParameters): Binding {
  return {
    archive: "by key",
    source: filter.source ?? null,
    symbol: filter.symbol ?? null,
    timeframe: filter.timeframe ?? null,
    series: series?.map(formatSeries).join(",") ?? null,
    start: filter.start ?? null,
    end: filter.end ?? null,
    state: filter.state,
  };
}

function positionOf(cursor: string | undefined, binding: Binding): ArchivePosition | undefined {
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
