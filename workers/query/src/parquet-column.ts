import { decimalOf, type StoredDecimal } from "@candlehouse/shared/core/decimal";
import { DECIMAL_DIGITS, scaleColumn, scaleNumbers } from "@candlehouse/shared/core/scaled-column";
import {
  countElement,
  decimalElement,
  TIMESTAMP_ELEMENT,
} from "@candlehouse/shared/r2/file-schema";
import type { Encoding, SchemaElement } from "hyparquet";
import type { AnswerColumn } from "./answer-columns.ts";
import type { ColumnValues } from "./column-values.ts";

/** A column of a file that is written a row group at a time. */
export interface FileColumn {
  readonly element: SchemaElement;
  readonly encoding: Encoding;
  /** The values of the rows `from` to `to`, exclusive, as the file holds them. */
  readonly valuesOf: (from: number, to: number) => (bigint | number | string | boolean | null)[];
}

const MS_PER_SECOND = 1_000;

/** `values` of a column as they stand in a file. */
export function fileColumnOf({ name, kind }: AnswerColumn, values: ColumnValues): FileColumn {
  switch (kind) {
    case "time":
      return {
        element: TIMESTAMP_ELEMENT,
        encoding: "DELTA_BINARY_PACKED",
        valuesOf: (from, to) =>
          values.slice(from, to).map((seconds) => BigInt(Number(seconds) * MS_PER_SECOND)),
      };
    case "price":
    case "volume":
      return decimalColumn(name, values);
    case "count":
      return countColumn(name, values);
    case "flag":
      return {
        element: { name, type: "BOOLEAN", repetition_type: "OPTIONAL" },
        encoding: "PLAIN",
        valuesOf: (from, to) =>
          values.slice(from, to).map((value) => (value === null ? null : value === 1)),
      };
    case "double":
      return {
        element: { name, type: "DOUBLE", repetition_type: "OPTIONAL" },
        encoding: "PLAIN",
        valuesOf: (from, to) => values.slice(from, to),
      };
  }
}

function countColumn(name: string, values: ColumnValues): FileColumn {
  const element = countElement(name, sampleOf(values, values.most));
  return {
    element,
    encoding: "DELTA_BINARY_PACKED",
    valuesOf: (from, to) =>
      values
        .slice(from, to)
        .map((count) => (count === null || element.type !== "INT64" ? count : BigInt(count))),
  };
}

/** The one value that matters for how a column is declared, and null where the column has one. */
function sampleOf<Value>({ hasNull }: ColumnValues, value: Value): (Value | null)[] {
  return hasNull ? [value, null] : [value];
}

/** How decimals stand in a file: as integers over 10^scale, undefined where no scale holds them. */
interface Scaling {
  readonly scale: number;
  /** The largest of the integers, without its sign. */
  readonly most: bigint;
  /** Whether all are numbers that are multiples of 10^-scale and not below zero. */
  readonly plain: boolean;
}

/** Below this, what a double is at a scale that holds it is found by one rounding. */
const DOUBLE_SAFE_MAX = 10n ** 15n;

function decimalColumn(name: string, values: ColumnValues): FileColumn {
  const scaling = scalingOf(values);
  if (scaling === undefined) {
    return unscaledColumn(name, values);
  }
  const { scale, most, plain } = scaling;
  const isLong = Math.max(scale, String(most).length) > DECIMAL_DIGITS.int64;
  const element = decimalElement(name, {
    kind: isLong ? "int128" : "int64",
    scale,
    values: sampleOf(values, most),
  });
  const encoding = isLong ? "PLAIN" : "DELTA_BINARY_PACKED";
  if (plain && most < DOUBLE_SAFE_MAX) {
    const power = 10 ** scale;
    return {
      element,
      encoding,
      valuesOf: (from, to) =>
        values
          .slice(from, to)
          .map((value) => (value === null ? null : BigInt(Math.round(Number(value) * power)))),
    };
  }
  return { element, encoding, valuesOf: (from, to) => unscaled(values.slice(from, to), scale) };
}

/** As doubles where all of `values` are numbers, else as text. */
function unscaledColumn(name: string, values: ColumnValues): FileColumn {
  const element = decimalElement(
    name,
    values.hasText
      ? { kind: "text", values: sampleOf(values, "") }
      : { kind: "double", values: sampleOf(values, 0) },
  );
  return {
    element,
    encoding: "PLAIN",
    valuesOf: (from, to) =>
      values.hasText
        ? values.slice(from, to).map((value) => (value === null ? null : decimalOf(value)))
        : values.slice(from, to),
  };
}

/** The scale that holds all of `values`, a piece at a time: integers of all would fill the memory. */
function scalingOf(values: ColumnValues): Scaling | undefined {
  let scale = 0;
  let most = 0n;
  let plain = true;
  for (const piece of values.pieces()) {
    const scaling = scalingOfPiece(piece);
    if (scaling === undefined) {
      return undefined;
    }
    const common = Math.max(scale, scaling.scale);
    const [here, before] = [
      raised(scaling.most, common - scaling.scale),
      raised(most, common - scale),
    ];
    most = here > before ? here : before;
    scale = common;
    plain &&= scaling.plain;
  }
  const digits = Math.max(scale, String(most).length);
  return digits <= DECIMAL_DIGITS.int128 ? { scale, most, plain } : undefined;
}

function scalingOfPiece(piece: readonly (StoredDecimal | null)[]): Scaling | undefined {
  const numbers = scaleNumbers(piece.filter((value) => value !== null));
  if (numbers !== undefined) {
    const most = numbers.integers.reduce((sum, one) => Math.max(sum, one), 0);
    return { scale: numbers.scale, most: BigInt(most), plain: true };
  }
  const scaled = scaleColumn(piece);
  if (scaled.kind === "double" || scaled.kind === "text") {
    return undefined;
  }
  let most = 0n;
  for (const value of scaled.values) {
    const size = value === null ? 0n : value < 0n ? -value : value;
    most = size > most ? size : most;
  }
  return { scale: scaled.scale, most, plain: false };
}

/** `values`, which `scale` holds, as integers over 10^scale. */
function unscaled(values: readonly (StoredDecimal | null)[], scale: number): (bigint | null)[] {
  const scaled = scaleColumn(values);
  if (scaled.kind === "double" || scaled.kind === "text") {
    throw new RangeError(`a scale of ${scale} was to hold all values`);
  }
  return scaled.values.map((value) =>
    value === null ? null : raised(value, scale - scaled.scale),
  );
}

function raised(integer: bigint, digits: number): bigint {
  return integer * 10n ** BigInt(digits);
}
