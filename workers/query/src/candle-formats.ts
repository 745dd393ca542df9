import { acceptedType } from "./accepted-type.ts";
import type { ExtraColumns } from "./answer-columns.ts";
import { CSV_TYPE, JSON_TYPE, NDJSON_TYPE } from "./answer.ts";
import { arrowFormat } from "./arrow-format.ts";
import type { Format } from "./candle-parameters.ts";
import { csvFormat, ndjsonFormat } from "./line-formats.ts";
import type { PieceFormat } from "./piece-format.ts";
import { nameOf } from "./candle-query.ts";
import type { ServeQuery } from "./serve/serve-query.ts";

export const PARQUET_TYPE = "application/vnd.apache.parquet";
export const ARROW_TYPE = "application/vnd.apache.arrow.stream";

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  json: JSON_TYPE,
  csv: CSV_TYPE,
  ndjson: NDJSON_TYPE,
  parquet: PARQUET_TYPE,
  arrow: ARROW_TYPE,
};

/** What the Accept header may say of each. */
const ACCEPTED = {
  [JSON_TYPE]: "json",
  "text/csv": "csv",
  [NDJSON_TYPE]: "ndjson",
  [PARQUET_TYPE]: "parquet",
  [ARROW_TYPE]: "arrow",
} as const satisfies Readonly<Record<string, Format>>;

/** The format that an Accept header asks for most; JSON where it asks for none of ours. */
export function acceptedFormat(accept: string | undefined): Format {
  return ACCEPTED[
    acceptedType(accept, [JSON_TYPE, "text/csv", NDJSON_TYPE, PARQUET_TYPE, ARROW_TYPE])
  ];
}

/** How candles with the columns of `extra` are written piece by piece in `format`. */
export function pieceFormatOf(
  format: Exclude<Format, "json" | "parquet">,
  extra: ExtraColumns,
  severalSeries: boolean,
): PieceFormat {
  switch (format) {
    case "csv":
      return csvFormat(extra);
    case "ndjson":
      return ndjsonFormat(extra);
    case "arrow":
      return arrowFormat(extra, severalSeries);
  }
}

/** Answers that are files, and how the names of these end. */
const EXTENSIONS: Partial<Record<Format, string>> = { parquet: "parquet", arrow: "arrows" };

/** The header that says under which name a file is to be kept; none for what is read at once. */
export function dispositionOf(
  format: Format,
  { wanted, start, end }: ServeQuery,
): Record<string, string> {
  const extension = EXTENSIONS[format];
  if (extension === undefined) {
    return {};
  }
  const [first] = wanted;
  const series =
    first === undefined || wanted.length > 1
      ? `${wanted.length} series`
      : [nameOf(first), ...(first.finest === first.timeframe ? [] : [first.timeframe])].join(" ");
  const times = [start, end].flatMap((time) => (time === undefined ? [] : [dayOf(time)]));
  const name = [series, ...times].join(" ").replaceAll(/[^\w.-]+/g, "_");
  return { "content-disposition": `attachment; filename="${name}.${extension}"` };
}

/** Beyond the years of four digits a date has no name that a file could have. */
const TIME_MAX = Date.UTC(9_999, 11, 31) / 1_000;

function dayOf(seconds: number): string {
  return new Date(Math.min(seconds, TIME_MAX) * 1_000).toISOString().slice(0, 10);
}
