import type { SchemaElement, TimeUnit } from "hyparquet";
import { FragmentUnreadableError } from "../core/errors.ts";

/** The error that says of which type a column is, and which types are `allowed`. */
export function unreadableType(element: SchemaElement, allowed: string): FragmentUnreadableError {
  const annotation = element.logical_type?.type ?? element.converted_type;
  const type = annotation === undefined ? element.type : `${annotation} on ${element.type}`;
  return new FragmentUnreadableError(`column ${element.name} is ${type}: ${allowed} read`);
}

/** The types whose integers a DECIMAL divides. */
const DECIMAL_TYPES = new Set(["INT32", "INT64", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"]);
/** The most digits that a DECIMAL has anywhere. */
const SCALE_MAX = 76;

/**
 * Digits after the point of a DECIMAL; undefined where the column is none. Throws where it says what
 * no DECIMAL does, or two things.
 */
export function decimalScale(element: SchemaElement): number | undefined {
  const { type = "", converted_type, logical_type, scale = 0 } = element;
  const isLogical = logical_type?.type === "DECIMAL";
  if (!isLogical && converted_type !== "DECIMAL") {
    return undefined;
  }
  const digits = isLogical ? logical_type.scale : scale;
  const isSaidTwice = isLogical && converted_type === "DECIMAL";
  const isWhole = Number.isInteger(digits) && digits >= 0 && digits <= SCALE_MAX;
  if (!isWhole || !DECIMAL_TYPES.has(type) || (isSaidTwice && digits !== scale)) {
    throw unreadableType(
      element,
      `with one scale of 0 to ${SCALE_MAX}, on integers or bytes, it is`,
    );
  }
  return digits;
}

/** Whether a column holds text. */
export function isText({ type, converted_type, logical_type }: SchemaElement): boolean {
  return type === "BYTE_ARRAY" && (converted_type === "UTF8" || logical_type?.type === "STRING");
}

const INTEGER_ANNOTATION = /^U?INT_(8|16|32|64)$/;

/** Whether a column holds integers that stand for nothing else, such as a time. */
export function isInteger({ type, converted_type, logical_type }: SchemaElement): boolean {
  if (type !== "INT32" && type !== "INT64") {
    return false;
  }
  const annotation = logical_type?.type ?? converted_type;
  return (
    annotation === undefined || annotation === "INTEGER" || INTEGER_ANNOTATION.test(annotation)
  );
}

/** Bits of an unsigned integer, which without its annotation comes out as a signed one. */
export function unsignedWidth({
  type,
  converted_type,
  logical_type,
}: SchemaElement): 32 | 64 | undefined {
  const isUnsigned =
    logical_type?.type === "INTEGER"
      ? !logical_type.isSigned
      : converted_type?.startsWith("UINT_") === true;
  if (!isUnsigned) {
    return undefined;
  }
  return type === "INT32" ? 32 : 64;
}

/** In what a timestamp counts; undefined where the column is none. */
export function timestampUnit({
  type,
  converted_type,
  logical_type,
}: SchemaElement): TimeUnit | undefined {
  if (type !== "INT64") {
    return undefined;
  }
  if (logical_type?.type === "TIMESTAMP") {
    return logical_type.unit;
  }
  if (converted_type === "TIMESTAMP_MILLIS") {
    return "MILLIS";
  }
  return converted_type === "TIMESTAMP_MICROS" ? "MICROS" : undefined;
}
