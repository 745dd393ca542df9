import type { SchemaElement, TimeUnit } from "hyparquet";
import { parseDecimal, storedDecimal, type StoredDecimal } from "../core/decimal.ts";
import type { ForeignReader } from "./foreign-pages.ts";
import {
  decimalScale,
  isInteger,
  isText,
  timestampUnit,
  unreadableType,
  unsignedWidth,
} from "./foreign-types.ts";

/** Up to here every integer and its quotient by a power of ten keep their digits in a double. */
const DOUBLE_SAFE_INTEGER_MAX = 1e15;
/** The greatest power of ten that a double holds exactly. */
const EXACT_SCALE_MAX = 22;
/** Bytes of the widest decimal there is, of 76 digits. */
const DECIMAL_BYTES_MAX = 32;

const SECONDS_IN_DAY = 86_400;
/** The Julian day of 1970-01-01. */
const UNIX_EPOCH_JULIAN_DAY = 2_440_588n;
const UNITS_IN_SECOND: Record<TimeUnit, bigint> = {
  MILLIS: 1_000n,
  MICROS: 1_000_000n,
  NANOS: 1_000_000_000n,
};

/** A decimal or a name is shorter: what is longer is neither, and is not decoded for each row. */
const TEXT_BYTES_MAX = 256;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** Reads a price or a volume, every digit of it. Throws where the column's type holds none. */
export function decimalReader(element: SchemaElement): ForeignReader<StoredDecimal> {
  const scale = decimalScale(element);
  if (scale !== undefined) {
    return { read: (raw) => scaledDecimal(integerOf(raw), scale), expected: "a decimal" };
  }
  if (element.type === "DOUBLE") {
    return { read: readDouble, expected: "a finite number" };
  }
  if (isText(element)) {
    return { read: readTextDecimal, expected: "a decimal such as 27500.10" };
  }
  if (isInteger(element)) {
    const widen = unsignedWidth(element);
    return { read: (raw) => scaledDecimal(integerOf(raw, widen), 0), expected: "an integer" };
  }
  throw unreadableType(
    element,
    element.type === "FLOAT"
      ? "which holds 7 digits; DOUBLE, DECIMAL, integers or text are"
      : "DECIMAL, DOUBLE, integers or text are",
  );
}

/** Reads a count: any number that is whole. */
export function countReader(element: SchemaElement): ForeignReader<number> {
  const { read } = decimalReader(element);
  return {
    read: (raw) => {
      const count = read(raw);
      return typeof count === "number" && Number.isSafeInteger(count) ? count : undefined;
    },
    expected: "a whole number",
  };
}

/** Reads the name of a source, symbol or timeframe. */
export function nameReader(element: SchemaElement): ForeignReader<string> {
  if (!isText(element)) {
    throw unreadableType(element, "text is");
  }
  return { read: textOf, expected: "text" };
}

/** Reads an open time to unix seconds. Throws where the column's type is no time. */
export function timestampReader(element: SchemaElement): ForeignReader<number> {
  const expected = "a whole number of seconds";
  if (element.type === "INT96") {
    return { read: secondsOfInt96, expected };
  }
  const unit = timestampUnit(element);
  if (unit !== undefined) {
    return { read: (raw) => wholeSeconds(integerOf(raw), UNITS_IN_SECOND[unit]), expected };
  }
  const isDate = element.converted_type === "DATE" || element.logical_type?.type === "DATE";
  if (isDate && element.type === "INT32") {
    return {
      read: (raw) => (typeof raw === "number" ? raw * SECONDS_IN_DAY : undefined),
      expected: "a date",
    };
  }
  if (isInteger(element)) {
    const widen = unsignedWidth(element);
    return { read: (raw) => unixSeconds(integerOf(raw, widen)), expected };
  }
  throw unreadableType(element, "TIMESTAMP, DATE or integers (unix time) are");
}

/** The integer in a raw value: a number, a bigint, or the bytes of one, the greatest first. */
function integerOf(raw: unknown, unsigned?: 32 | 64): number | bigint | undefined {
  if (typeof raw === "number") {
    return unsigned === 32 ? raw >>> 0 : raw;
  }
  if (typeof raw === "bigint") {
    return unsigned === 64 ? BigInt.asUintN(64, raw) : raw;
  }
  if (!(raw instanceof Uint8Array) || raw.length === 0 || raw.length > DECIMAL_BYTES_MAX) {
    return undefined;
  }
  const magnitude = raw.reduce((value, byte) => value * 256n + BigInt(byte), 0n);
  return BigInt.asIntN(raw.length * 8, magnitude);
}

/** `integer` with its last `scale` digits behind the point. */
function scaledDecimal(
  integer: number | bigint | undefined,
  scale: number,
): StoredDecimal | undefined {
  if (integer === undefined || scale < 0) {
    return undefined;
  }
  const double = Number(integer);
  if (Math.abs(double) < DOUBLE_SAFE_INTEGER_MAX && scale <= EXACT_SCALE_MAX) {
    // Both are exact, so that the quotient is the double nearest to the decimal.
    return double / 10 ** scale + 0;
  }
  const sign = integer < 0 ? "-" : "";
  const digits = String(integer)
    .slice(sign.length)
    .padStart(scale + 1, "0");
  const decimal = parseDecimal(
    `${sign}${digits.slice(0, digits.length - scale)}.${digits.slice(digits.length - scale)}0`,
  );
  return decimal === undefined ? undefined : storedDecimal(decimal);
}

function readDouble(raw: unknown): StoredDecimal | undefined {
  // Adding 0 makes -0 the 0 that it is as a decimal.
  return typeof raw === "number" && Number.isFinite(raw) ? raw + 0 : undefined;
}

function readTextDecimal(raw: unknown): StoredDecimal | undefined {
  const text = textOf(raw);
  const decimal = text === undefined ? undefined : parseDecimal(text);
  return decimal === undefined ? undefined : storedDecimal(decimal);
}

function textOf(raw: unknown): string | undefined {
  if (!(raw instanceof Uint8Array) || raw.length > TEXT_BYTES_MAX) {
    return undefined;
  }
  try {
    return decoder.decode(raw);
  } catch {
    // Bytes that are no UTF-8 are no text: the caller says so.
    return undefined;
  }
}

/** Seconds of the older timestamps of 12 bytes: a Julian day above the nanoseconds of that day. */
function secondsOfInt96(raw: unknown): number | undefined {
  if (typeof raw !== "bigint") {
    return undefined;
  }
  const days = (raw >> 64n) - UNIX_EPOCH_JULIAN_DAY;
  const seconds = wholeSeconds(BigInt.asUintN(64, raw), UNITS_IN_SECOND.NANOS);
  return seconds === undefined ? undefined : Number(days) * SECONDS_IN_DAY + seconds;
}

/** Unix time in seconds, milli-, micro- or nanoseconds, told apart by size; 2009 to 5138. */
function unixSeconds(integer: number | bigint | undefined): number | undefined {
  if (integer === undefined) {
    return undefined;
  }
  const magnitude = Math.abs(Number(integer));
  if (magnitude < 1e11) {
    return Number(integer);
  }
  if (magnitude < 1e14) {
    return wholeSeconds(integer, UNITS_IN_SECOND.MILLIS);
  }
  return wholeSeconds(integer, magnitude < 1e17 ? UNITS_IN_SECOND.MICROS : UNITS_IN_SECOND.NANOS);
}

function wholeSeconds(
  integer: number | bigint | undefined,
  unitsInSecond: bigint,
): number | undefined {
  const units = integer === undefined ? undefined : BigInt(integer);
  return units === undefined || units % unitsInSecond !== 0n
    ? undefined
    : Number(units / unitsInSecond);
}
