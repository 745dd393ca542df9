import { decimalOf } from "../core/decimal.ts";
import type { CandleColumns, DecimalColumn } from "./decode-columns.ts";
import { DECIMAL_COLUMNS } from "./file-schema.ts";

/**
 * The canonical lines of candles (`core/canonical-candle.ts`) from columns of integers, as bytes: a
 * number or a text of each value would take many times as long to make.
 */

const ZERO = 48;
const POINT = 46;
const COMMA = 44;
const NEWLINE = 10;
/** An integer below 2^53 is a low part of this many digits and a high one below 2^31. */
const LOW_DIGITS = 8;
const EIGHT_DIGITS = 1e8;
/** The smallest double has 324 zeros before its 17 digits, and no decimal has more. */
const VALUE_BYTES_MAX = 352;
const LINE_BYTES_MAX = (DECIMAL_COLUMNS.length + 2) * VALUE_BYTES_MAX;
/** Lines are handed on in pieces of this many bytes. */
const PIECE_BYTES = 65_536;

const output = new Uint8Array(PIECE_BYTES + LINE_BYTES_MAX);
const encoder = new TextEncoder();

/** Gives the lines of `columns` to `take` in pieces, each of which is good until it returns. */
export function writeCanonicalLines(
  columns: CandleColumns,
  take: (piece: Uint8Array) => void,
): void {
  const decimals = DECIMAL_COLUMNS.map((name) => columns.decimals[name]);
  const { timestamps, trades } = columns;
  let at = 0;
  for (let row = 0; row < columns.rows; row += 1) {
    at = putInteger(at, timestamps[row] ?? 0, 0);
    for (let place = 0; place < decimals.length; place += 1) {
      output[at] = COMMA;
      at += 1;
      const column = decimals[place];
      if (column !== undefined) {
        at = putDecimal(at, column, row);
      }
    }
    output[at] = COMMA;
    at += 1;
    const count = trades[row];
    if (count !== null && count !== undefined) {
      at = putInteger(at, count, 0);
    }
    output[at] = NEWLINE;
    at += 1;
    if (at >= PIECE_BYTES) {
      take(output.subarray(0, at));
      at = 0;
    }
  }
  take(output.subarray(0, at));
}

function putDecimal(at: number, column: DecimalColumn, row: number): number {
  if (column.kind === "scaled") {
    return putInteger(at, column.integers[row] ?? 0, column.scale);
  }
  const value = column.values[row] ?? null;
  return value === null
    ? at
    : at + encoder.encodeInto(decimalOf(value), output.subarray(at)).written;
}

/** Puts `integer` over 10^`scale` (from 0 to 2^53) with its shortest digits. Returns where they end. */
function putInteger(at: number, integer: number, scale: number): number {
  if (integer < EIGHT_DIGITS) {
    return putDigits(at, 0, integer | 0, 0, scale);
  }
  // Each part is below 2^31: whole arithmetic.
  const high = Math.floor(integer / EIGHT_DIGITS);
  const low = (integer - high * EIGHT_DIGITS) | 0;
  return low === 0 && scale >= LOW_DIGITS
    ? putDigits(at, 0, high | 0, 0, scale - LOW_DIGITS)
    : putDigits(at, high | 0, low, LOW_DIGITS, scale);
}

/**
 * Puts the digits of `high`, then `lowDigits` digits of `low`, the last `scale` of them behind a
 * point, without zeros at their end. Without `high`, `low` has the digits that it has.
 */
function putDigits(
  from: number,
  high: number,
  low: number,
  lowDigits: number,
  scale: number,
): number {
  let [rest, left, fraction] = [low, lowDigits, scale];
  if (low === 0) {
    if (high === 0) {
      output[from] = ZERO;
      return from + 1;
    }
    // All that is behind the point is zeros: of more of them the caller took care.
    left -= fraction;
    fraction = 0;
  }
  for (let tenth = (rest / 10) | 0; fraction > 0 && tenth * 10 === rest; tenth = (rest / 10) | 0) {
    rest = tenth;
    fraction -= 1;
    left -= 1;
  }
  return high === 0 ? putLow(from, rest, fraction) : putParts(from, high, rest, left, fraction);
}

/** The digits of `high` and `left` digits of `low`, the last `fraction` of them behind a point. */
function putParts(from: number, high: number, low: number, left: number, fraction: number): number {
  const highDigits = digitsOf(high);
  if (fraction === 0) {
    const end = from + highDigits + left;
    putBack(end, low, left);
    putBack(end - left, high, highDigits);
    return end;
  }
  if (fraction <= left) {
    const end = from + highDigits + left + 1;
    const pointAt = end - fraction - 1;
    const rest = putBack(end, low, fraction);
    output[pointAt] = POINT;
    putBack(pointAt, rest, left - fraction);
    putBack(from + highDigits, high, highDigits);
    return end;
  }
  const ofHigh = fraction - left;
  const whole = highDigits > ofHigh ? highDigits - ofHigh : 1;
  const end = from + whole + 1 + fraction;
  putBack(end, low, left);
  const rest = putBack(end - left, high, ofHigh);
  output[from + whole] = POINT;
  putBack(from + whole, rest, whole);
  return end;
}

/** The same without a high part, which most values do not have. */
function putLow(from: number, integer: number, fraction: number): number {
  const digits = digitsOf(integer);
  const whole = digits > fraction ? digits - fraction : 1;
  const pointAt = from + whole;
  if (fraction === 0) {
    putBack(pointAt, integer, whole);
    return pointAt;
  }
  const end = pointAt + 1 + fraction;
  const rest = putBack(end, integer, fraction);
  output[pointAt] = POINT;
  putBack(pointAt, rest, whole);
  return end;
}

/** Puts the last `digits` digits of `integer` before `end`; returns what is left of it. */
function putBack(end: number, integer: number, digits: number): number {
  let rest = integer;
  let place = end;
  let left = digits;
  for (; left >= 2; left -= 2) {
    const hundredth = (rest / 100) | 0;
    const pair = (rest - hundredth * 100) * 2;
    place -= 2;
    output[place] = PAIRS[pair] ?? 0;
    output[place + 1] = PAIRS[pair + 1] ?? 0;
    rest = hundredth;
  }
  if (left === 1) {
    const tenth = (rest / 10) | 0;
    output[place - 1] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  return rest;
}

/** The two digits of each number below 100: half as many divisions. */
const PAIRS = Uint8Array.from({ length: 200 }, (_, at) => {
  const number = at >> 1;
  return ZERO + (at % 2 === 0 ? (number / 10) | 0 : number % 10);
});

/** How many digits an integer from 1 to 2^31 has. */
function digitsOf(integer: number): number {
  if (integer < 10_000) {
    return integer < 100 ? (integer < 10 ? 1 : 2) : integer < 1_000 ? 3 : 4;
  }
  if (integer < 100_000_000) {
    return integer < 1_000_000 ? (integer < 100_000 ? 5 : 6) : integer < 10_000_000 ? 7 : 8;
  }
  return integer < 1_000_000_000 ? 9 : 10;
}
