import { decimalOf, type StoredDecimal } from "./decimal.ts";

/** Most digits that are told: beyond them no double tells prices apart. */
const DIGITS_MAX = 15;

/** Digits after the point of the one of `values` that has most; undefined where there are none. */
export function fractionDigits(values: readonly (StoredDecimal | null)[]): number | undefined {
  const digits = values.flatMap((value) => {
    if (value === null) {
      return [];
    }
    const text = decimalOf(value);
    const point = text.indexOf(".");
    return point === -1 ? 0 : text.length - point - 1;
  });
  return digits.length === 0 ? undefined : Math.min(DIGITS_MAX, Math.max(...digits));
}
