import { Big } from "big.js";
import { decimalOf, storedDecimal, type StoredDecimal } from "./decimal.ts";

/** Integers below this one, divided by a power of ten, are decimals that a double gives back. */
const DOUBLE_SAFE_MAX = 1e15;

/** Exact integers, none below zero, each divided by 10^scale; `scale` is 18 at most. */
export interface ScaledIntegers {
  readonly scale: number;
  readonly integers: Float64Array;
}

/** The exact sum of two decimals. */
export function addStored(a: StoredDecimal, b: StoredDecimal): StoredDecimal {
  return storedDecimal(new Big(decimalOf(a)).plus(decimalOf(b)).toFixed());
}

/** The decimal `integer` / 10^scale as it is stored. */
export function scaledDecimal(integer: number, scale: number): StoredDecimal {
  const unit = UNITS[scale] ?? Number.NaN;
  if (integer < DOUBLE_SAFE_MAX) {
    return integer / unit;
  }
  const whole = Math.floor(integer / unit);
  return plainDecimal(whole, integer - whole * unit, scale);
}

/** The exact sum of the values from index `start` (inclusive) to `end` (exclusive). */
export function sumScaled(column: ScaledIntegers, start: number, end: number): StoredDecimal {
  const { integers, scale } = column;
  let sum = 0;
  for (let row = start; row < end; row += 1) {
    sum += integers[row] ?? 0;
  }
  // Nothing was rounded on the way to a sum that is itself exact, for none is below zero.
  return sum <= Number.MAX_SAFE_INTEGER ? scaledDecimal(sum, scale) : sumLarge(column, start, end);
}

/** The same of a sum beyond 2^53: whole units and what is left of them are summed apart. */
function sumLarge({ integers, scale }: ScaledIntegers, start: number, end: number): StoredDecimal {
  const unit = UNITS[scale] ?? Number.NaN;
  let whole = 0;
  let rest = 0;
  for (let row = start; row < end; row += 1) {
    const integer = integers[row] ?? 0;
    const units = Math.floor(integer / unit);
    whole += units;
    rest += integer - units * unit;
  }
  const carried = Math.floor(rest / unit);
  if (whole + carried <= Number.MAX_SAFE_INTEGER && rest <= Number.MAX_SAFE_INTEGER) {
    return plainDecimal(whole + carried, rest - carried * unit, scale);
  }
  return sumBig(integers.subarray(start, end), scale);
}

/** The same of a sum whose whole units, or what is left of them, are themselves beyond 2^53. */
function sumBig(integers: Float64Array, scale: number): StoredDecimal {
  const sum = integers.reduce((total, integer) => total.plus(integer), new Big(0));
  // Shifted by its exponent: a division would be rounded.
  return storedDecimal(sum.times(`1e-${scale}`).toFixed());
}

/** `whole` + `fraction` / 10^scale as it is stored; both are exact integers. */
function plainDecimal(whole: number, fraction: number, scale: number): StoredDecimal {
  if (fraction === 0) {
    return storedDecimal(String(whole));
  }
  const digits = String(fraction).padStart(scale, "0");
  let length = scale;
  while (digits.charCodeAt(length - 1) === ZERO) {
    length -= 1;
  }
  const text = `${whole}.${digits.slice(0, length)}`;
  const number = Number(text);
  // Where doubles lie closer than decimals of so many digits, each of these has one of its own.
  const isAlone = number * Number.EPSILON * (UNITS[length] ?? Number.NaN) < 1;
  return isAlone ? number : storedDecimal(text);
}

const ZERO = "0".charCodeAt(0);

/** The powers of ten by their exponents. */
const UNITS = Array.from({ length: 19 }, (_, scale) => 10 ** scale);
