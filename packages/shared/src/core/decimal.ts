import { Big } from "big.js";

/**
 * A decimal number as text, in its one shortest plain form: no exponent, no plus sign, no zeros
 * that say nothing. `27500.1`, `0.00000812`, `-3`, `0`; never `27500.10`, `8.12e-6`, `-0`.
 */
export type Decimal = string;

/**
 * A decimal as it travels in messages and rests in D1: a number where an IEEE double gives every
 * digit back, the decimal's text where it does not.
 */
export type StoredDecimal = number | string;

/** Any decimal of up to 15 significant digits survives the way through an IEEE double. */
const DOUBLE_SAFE_DIGITS = 15;

const PLAIN_DECIMAL = /^-?(0|[1-9]\d*)(\.\d+)?$/;
/** Big knows no plus sign before a number. */
const LEADING_PLUS = /^\+(?=[\d.])/;
/** Three digits of exponent write more zeros than any market; a fourth would write thousands. */
const EXPONENT_TOO_LONG = /e[+-]?\d{4}/i;
const CANONICAL_DECIMAL = /^(?!-0$)-?(0|[1-9]\d*)(\.\d*[1-9])?$/;
/** Digits a decimal may have in all, so that no source can make us keep a novel. */
const DECIMAL_LENGTH_MAX = 64;

/**
 * The decimal that a source wrote, as a JSON number or as text (`"0.10"`, `"4E+2"`).
 * Returns undefined where `raw` is no finite decimal number.
 */
export function parseDecimal(raw: number | string): Decimal | undefined {
  if (typeof raw === "number" && !Number.isFinite(raw)) {
    return undefined;
  }
  const text = String(raw);
  if (text.length > DECIMAL_LENGTH_MAX || EXPONENT_TOO_LONG.test(text)) {
    return undefined;
  }
  return PLAIN_DECIMAL.test(text) ? trimZeros(text) : expandDecimal(text);
}

/** Takes the exponent, plus sign or bare point out of `text`; the rare forms of a number. */
function expandDecimal(text: string): Decimal | undefined {
  try {
    const plain = new Big(text.replace(LEADING_PLUS, "")).toFixed();
    return plain.length > DECIMAL_LENGTH_MAX ? undefined : trimZeros(plain);
  } catch {
    // Big throws on what is no number; that is the answer here, not a failure.
    return undefined;
  }
}

function trimZeros(plain: string): Decimal {
  let end = plain.length;
  if (plain.includes(".")) {
    while (plain.charCodeAt(end - 1) === 48) {
      end -= 1;
    }
    if (plain.charCodeAt(end - 1) === 46) {
      end -= 1;
    }
  }
  const trimmed = end === plain.length ? plain : plain.slice(0, end);
  return trimmed === "-0" ? "0" : trimmed;
}

/** How `decimal` is stored and sent; `decimalOf` is the way back. */
export function storedDecimal(decimal: Decimal): StoredDecimal {
  return isDoubleSafe(decimal) ? Number(decimal) : decimal;
}

/** The decimal that was stored as `stored`. */
export function decimalOf(stored: StoredDecimal): Decimal {
  if (typeof stored === "string") {
    return stored;
  }
  const text = String(stored);
  return text.includes("e") ? new Big(text).toFixed() : text;
}

/** Whether `value` is what `storedDecimal` could have returned: one decimal has one stored form. */
export function isStoredDecimal(value: unknown): value is StoredDecimal {
  if (typeof value === "number") {
    return Number.isFinite(value);
  }
  return (
    typeof value === "string" &&
    value.length <= DECIMAL_LENGTH_MAX &&
    CANONICAL_DECIMAL.test(value) &&
    !isDoubleSafe(value)
  );
}

/** Whether the canonical `decimal` comes back digit for digit from an IEEE double. */
function isDoubleSafe(decimal: Decimal): boolean {
  // A text this short cannot have too many digits: nearly all decimals end here.
  return decimal.length <= DOUBLE_SAFE_DIGITS || decimalOf(Number(decimal)) === decimal;
}

/** Negative where `a` is less than `b`, positive where it is greater, 0 where they are equal. */
export function compareStored(a: StoredDecimal, b: StoredDecimal): number {
  const difference = Number(a) - Number(b);
  // Doubles order decimals rightly but may hold two of them in one value: then the digits decide.
  if (difference !== 0 || (typeof a === "number" && typeof b === "number")) {
    return difference;
  }
  return new Big(decimalOf(a)).cmp(decimalOf(b));
}
