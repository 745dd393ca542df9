import { decimalOf, parseDecimal, storedDecimal, type StoredDecimal } from "./decimal.ts";

/**
 * A column of decimals as a file holds it. `int32`, `int64` and `int128` are integers that are
 * divided by 10^scale; every value of the column is exact so. `double` is for numbers that no
 * common scale of 38 digits holds, `text` for decimals that doubles do not hold either.
 */
export type ScaledColumn =
  | { readonly kind: "int32"; readonly scale: number; readonly values: readonly (bigint | null)[] }
  | { readonly kind: "int64"; readonly scale: number; readonly values: readonly (bigint | null)[] }
  | { readonly kind: "int128"; readonly scale: number; readonly values: readonly (bigint | null)[] }
  | { readonly kind: "double"; readonly values: readonly (number | null)[] }
  | { readonly kind: "text"; readonly values: readonly (string | null)[] };

/**
 * Digits that a DECIMAL on each physical type may have.
 * https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#decimal
 */
export const DECIMAL_DIGITS = { int32: 9, int64: 18, int128: 38 } as const;

/** Up to here any decimal survives the way through a double, so arithmetic on doubles is exact. */
const DOUBLE_SAFE_MAX = 1e15;
/** Powers of ten up to this one are exact as doubles. */
const EXACT_POWER_MAX = 22;

/** `values` as the narrowest column that holds each of them exactly. */
export function scaleColumn(values: readonly (StoredDecimal | null)[]): ScaledColumn {
  const scale = scaleOf(values);
  if (scale <= DECIMAL_DIGITS.int128) {
    const integers = values.map((value) => (value === null ? null : unscale(value, scale)));
    const kind = kindOf(integers, scale);
    if (kind !== undefined) {
      return { kind, scale, values: integers };
    }
  }
  return values.every((value): value is number | null => typeof value !== "string")
    ? { kind: "double", values }
    : { kind: "text", values: values.map((value) => (value === null ? null : decimalOf(value))) };
}

/**
 * `values` as integers over 10^scale, where each is a number that is exact so and not below zero;
 * undefined where they are to be looked at one by one, by `scaleColumn`. The scale is the same.
 */
export function scaleNumbers(
  values: readonly (StoredDecimal | null)[],
): { readonly scale: number; readonly integers: Float64Array } | undefined {
  if (values.some((value) => typeof value !== "number")) {
    return undefined;
  }
  const scale = scaleOf(values);
  const power = 10 ** scale;
  const integers = new Float64Array(values.length);
  for (const [index, value] of values.entries()) {
    if (typeof value !== "number" || !(value >= 0) || !isMultiple(value, scale)) {
      return undefined;
    }
    integers[index] = Math.round(value * power);
  }
  return { scale, integers };
}

/** The fraction digits that the longest fraction among `values` has. */
function scaleOf(values: readonly (StoredDecimal | null)[]): number {
  let scale = 0;
  for (const value of values) {
    if (value !== null && !isMultiple(value, scale)) {
      const text = decimalOf(value);
      const point = text.indexOf(".");
      scale = Math.max(scale, point < 0 ? 0 : text.length - point - 1);
    }
  }
  return scale;
}

/** Whether `value` certainly has `scale` fraction digits at most; false may also mean unknown. */
function isMultiple(value: StoredDecimal, scale: number): boolean {
  if (typeof value === "string" || scale > EXACT_POWER_MAX) {
    return false;
  }
  const integer = Math.round(value * 10 ** scale);
  return Math.abs(integer) < DOUBLE_SAFE_MAX && integer / 10 ** scale === value;
}

/** `value` times 10^scale, exactly; it has `scale` fraction digits at most. */
function unscale(value: StoredDecimal, scale: number): bigint {
  if (isMultiple(value, scale)) {
    return BigInt(Math.round(Number(value) * 10 ** scale));
  }
  const [whole = "", fraction = ""] = decimalOf(value).split(".");
  return BigInt(whole + fraction.padEnd(scale, "0"));
}

function kindOf(
  integers: readonly (bigint | null)[],
  scale: number,
): "int32" | "int64" | "int128" | undefined {
  let largest = 0n;
  for (const integer of integers) {
    if (integer !== null) {
      const size = integer < 0n ? -integer : integer;
      largest = size > largest ? size : largest;
    }
  }
  const digits = Math.max(String(largest).length, scale);
  return (["int32", "int64", "int128"] as const).find((kind) => digits <= DECIMAL_DIGITS[kind]);
}

/**
 * The decimal `integer` / 10^scale as it is stored. A number is exact as an integer: below 2^53.
 */
export function rescale(integer: number | bigint, scale: number): StoredDecimal {
  if (
    typeof integer === "number" &&
    scale <= EXACT_POWER_MAX &&
    Math.abs(integer) < DOUBLE_SAFE_MAX
  ) {
    // One division of exact numbers: the double nearest to the decimal.
    return integer / 10 ** scale;
  }
  const sign = integer < 0 ? "-" : "";
  const digits = String(integer)
    .slice(sign.length)
    .padStart(scale + 1, "0");
  const text = `${sign}${digits.slice(0, digits.length - scale)}.${digits.slice(digits.length - scale)}`;
  return storedDecimal(parseDecimal(scale === 0 ? sign + digits : text) ?? text);
}
