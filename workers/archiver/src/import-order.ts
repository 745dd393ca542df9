import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { splitMarketName } from "@candlehouse/shared/core/market-name";
import type { Series } from "@candlehouse/shared/core/series";
import { SOURCES } from "@candlehouse/shared/core/source";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { parseMembers } from "@candlehouse/shared/http/read-members";
import {
  parseColumnMap,
  TIME_UNITS,
  type ColumnMap,
  type TimeUnit,
} from "@candlehouse/shared/import/column-plan";
import {
  IMPORT_FORMATS,
  recogniseFile,
  type ImportFormat,
} from "@candlehouse/shared/import/recognise-file";
import { z } from "zod";

const LIMIT_MAX = 1_000;
const LIMIT_DEFAULT = 100;
const SHA256 = /^[\da-f]{64}$/i;
const SHA256_FORM = "a SHA-256, 64 hexadecimal digits";
const PART = /^[1-9]\d{0,4}\/[1-9]\d{0,4}$/;
const WHOLE = /^[1-9]\d{0,11}$/;

const importQuery = z.strictObject({
  name: z.string("the file's name").min(1, "the file's name").max(255, "up to 255 characters"),
  format: z.enum(["auto", ...IMPORT_FORMATS], `auto, ${IMPORT_FORMATS.join(", ")}`).optional(),
  source: z.enum(SOURCES, `one of ${SOURCES.join(", ")}`).optional(),
  symbol: z.string("a symbol such as BTC-USDT").optional(),
  timeframe: z.enum(TIMEFRAMES, `one of ${TIMEFRAMES.join(", ")}`).optional(),
  columns: z.string("such as time:0,open:1,high:2,low:3,close:4").max(1_000).optional(),
  time_unit: z.enum(TIME_UNITS, `one of ${TIME_UNITS.join(", ")}`).optional(),
  first_line: z.string().regex(WHOLE, "a whole number from 1 on").optional(),
  part: z.string().regex(PART, "such as 2/7").optional(),
  follows: z.string().regex(WHOLE, "an open time, unix seconds").optional(),
  checksum: z.string().regex(SHA256, SHA256_FORM).optional(),
  again: z.enum(["true", "false"], "true or false").optional(),
});

const listQuery = z.strictObject({
  sha256: z.string().regex(SHA256, SHA256_FORM).optional(),
  limit: z.string().regex(WHOLE, `a whole number from 1 to ${LIMIT_MAX}`).optional(),
  cursor: z.string().optional(),
});

/** What is to be imported, and how it is to be read. */
export interface ImportOrder {
  readonly name: string;
  readonly format: ImportFormat;
  /** Undefined where neither the request nor the file's name says it. */
  readonly series: Series | undefined;
  readonly columns: ColumnMap | undefined;
  /** `columns` as it was asked for. */
  readonly columnsText: string | null;
  readonly unit: TimeUnit;
  /** Of the file, the line that the body begins with. */
  readonly firstLine: number;
  /** Whether the body is one of several parts of the file. */
  readonly isPart: boolean;
  /** Last open time of the part before, unix seconds, where the sender knows it. */
  readonly follows: number | undefined;
  /** What the body's SHA-256 must be, lower case. */
  readonly checksum: string | undefined;
  /** Whether a file that was imported before is read again all the same. */
  readonly again: boolean;
  /** All that the rows' meaning depends on beside the bytes, as one text. */
  readonly reading: string;
}

/** The order in the query string of `POST /v1/imports`. Throws InvalidInputError. */
export function parseImportOrder(query: URLSearchParams): ImportOrder {
  const asked = parseMembers(importQuery, Object.fromEntries(query));
  const named = recogniseFile(asked.name);
  const format =
    asked.format === undefined || asked.format === "auto" ? named.format : asked.format;
  const series = seriesOf(asked, named);
  const unit = asked.time_unit ?? "auto";
  const { columns } = asked;
  return {
    name: asked.name,
    format,
    series,
    columns: columns === undefined ? undefined : parseColumnMap(columns),
    columnsText: columns ?? null,
    unit,
    firstLine: Number(asked.first_line ?? 1),
    isPart: asked.part !== undefined && !asked.part.endsWith("/1"),
    follows: asked.follows === undefined ? undefined : Number(asked.follows),
    checksum: asked.checksum?.toLowerCase(),
    again: asked.again === "true",
    reading: JSON.stringify([format, series ?? null, columns ?? null, unit]),
  };
}

/** What is asked for goes before what the file's name says. */
function seriesOf(
  asked: Pick<z.output<typeof importQuery>, "source" | "symbol" | "timeframe">,
  named: ReturnType<typeof recogniseFile>,
): Series | undefined {
  const source = asked.source ?? named.source;
  const timeframe = asked.timeframe ?? named.timeframe;
  const symbol = asked.symbol === undefined ? named.symbol : splitMarketName(asked.symbol);
  if (asked.symbol !== undefined && symbol !== asked.symbol) {
    const hint = symbol === undefined ? "" : `; ${asked.symbol} is ${symbol}`;
    throw new InvalidInputError("symbol", asked.symbol, `BASE-QUOTE such as BTC-USDT${hint}`);
  }
  return source === undefined || symbol === undefined || timeframe === undefined
    ? undefined
    : { source, symbol, timeframe };
}

/** The parameters of `GET /v1/imports`. Throws InvalidInputError. */
export function parseImportList(query: URLSearchParams): {
  readonly sha256: string | undefined;
  readonly limit: number;
  readonly cursor: string | undefined;
} {
  const { sha256, limit, cursor } = parseMembers(listQuery, Object.fromEntries(query));
  const count = Number(limit ?? LIMIT_DEFAULT);
  if (count > LIMIT_MAX) {
    throw new InvalidInputError("limit", limit, `a whole number from 1 to ${LIMIT_MAX}`);
  }
  return { sha256: sha256?.toLowerCase(), limit: count, cursor };
}
