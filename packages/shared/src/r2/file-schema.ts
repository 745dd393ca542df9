import type { SchemaElement } from "hyparquet";
import { DECIMAL_DIGITS, type ScaledColumn } from "../core/scaled-column.ts";

/** Version of the format of files that are written now. */
export const FORMAT_VERSION = 1;

/** Columns of a file whose values are decimals, in their order. */
export const DECIMAL_COLUMNS = [
  "open",
  "high",
  "low",
  "close",
  "volume_from",
  "volume_to",
] as const;

/** All columns of a file, in their order. */
export const FILE_COLUMNS = ["timestamp", ...DECIMAL_COLUMNS, "trades"] as const;

export type FileColumn = (typeof FILE_COLUMNS)[number];

/** What a file says of itself in its key-value metadata. */
export const METADATA_KEYS = {
  format: "candlehouse.format",
  series: "candlehouse.series",
  rows: "candlehouse.rows",
  first: "candlehouse.first_timestamp",
  last: "candlehouse.last_timestamp",
  contentHash: "candlehouse.content_sha256",
  /** Number and hash of the change of the partition that this file follows. */
  sequence: "candlehouse.sequence",
  previous: "candlehouse.previous",
  /** SHA-256 of each row group's bytes, comma between. */
  groups: "candlehouse.row_groups_sha256",
} as const;

/** Bytes of a DECIMAL of 38 digits. */
const INT128_BYTES = 16;

/** The open time, as DuckDB, Polars and pandas know an instant: milliseconds, UTC. */
export const TIMESTAMP_ELEMENT: SchemaElement = {
  name: "timestamp",
  type: "INT64",
  repetition_type: "REQUIRED",
  converted_type: "TIMESTAMP_MILLIS",
  logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
};

/** How `column` stands in a file's schema. A column without a null is REQUIRED: faster to read. */
export function decimalElement(name: string, column: ScaledColumn): SchemaElement {
  const repetition_type = repetitionOf(column.values);
  if (column.kind === "double") {
    return { name, type: "DOUBLE", repetition_type };
  }
  if (column.kind === "text") {
    return {
      name,
      type: "BYTE_ARRAY",
      repetition_type,
      converted_type: "UTF8",
      logical_type: { type: "STRING" },
    };
  }
  const precision = column.kind === "int128" ? digitsOf(column) : DECIMAL_DIGITS[column.kind];
  return {
    name,
    repetition_type,
    converted_type: "DECIMAL",
    precision,
    scale: column.scale,
    logical_type: { type: "DECIMAL", precision, scale: column.scale },
    ...PHYSICAL_TYPES[column.kind],
  };
}

/**
 * The digits that the values of `column` take, and no more: readers that lay files of several scales
 * over each other, as DuckDB does, need room for a common one within 38 digits.
 */
function digitsOf({ scale, values }: Extract<ScaledColumn, { kind: "int128" }>): number {
  return values.reduce<number>(
    (digits, value) => Math.max(digits, String(value ?? "").replace("-", "").length),
    scale,
  );
}

const PHYSICAL_TYPES = {
  int32: { type: "INT32" },
  int64: { type: "INT64" },
  int128: { type: "FIXED_LEN_BYTE_ARRAY", type_length: INT128_BYTES },
} as const satisfies Record<string, Pick<SchemaElement, "type" | "type_length">>;

/** How counts stand in a file's schema. */
export function countElement(name: string, counts: readonly (number | null)[]): SchemaElement {
  return {
    name,
    type: counts.some((count) => count !== null && count > INT32_MAX) ? "INT64" : "INT32",
    repetition_type: repetitionOf(counts),
  };
}

function repetitionOf(values: readonly unknown[]): "OPTIONAL" | "REQUIRED" {
  return values.includes(null) ? "OPTIONAL" : "REQUIRED";
}

const INT32_MAX = 2 ** 31 - 1;
