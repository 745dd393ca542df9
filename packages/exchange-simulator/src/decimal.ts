/**
 * Exact decimal numbers as integers scaled by 10^18. Prices and volumes of every source fit, and sums
 * never round, which is what makes a rolled-up candle equal the exchange's own.
 */
export type Decimal = bigint;

export const DECIMAL_PLACES = 18;
/** The powers of ten up to 10^18, by their exponents. */
const POWERS = Array.from({ length: DECIMAL_PLACES + 1 }, (_, exponent) => 10n ** BigInt(exponent));
const ONE: Decimal = 10n ** BigInt(DECIMAL_PLACES);

const DECIMAL_TEXT = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** The number that `text` writes, exponent form included. Throws when it needs more than 18 decimals. */
export function parseDecimal(text: string): Decimal {
  const match = DECIMAL_TEXT.exec(text.trim());
  if (match === null) {
    throw new Error(`"${text}" is not a decimal number`);
  }
  const [, sign = "", whole = "", part = "", exponent = "0"] = match;
  const shift = DECIMAL_PLACES - part.length + Number(exponent);
  const digits = BigInt(whole + part);
  const scaled = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
  if (shift < 0 && scaled * 10n ** BigInt(-shift) !== digits) {
    throw new Error(`"${text}" has more than ${DECIMAL_PLACES} decimals`);
  }
  return sign === "-" ? -scaled : scaled;
}

/** `units` × 10^-decimals. `units` is a whole number below 2^53, `decimals` is 0 to 18. */
export function fromUnits(units: number, decimals: number): Decimal {
  return BigInt(units) * (POWERS[DECIMAL_PLACES - decimals] ?? ONE);
}

/** The number with at least `decimals` digits after the point, and more only where it has them. */
export function formatFixed(value: Decimal, decimals: number): string {
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(DECIMAL_PLACES + 1, "0");
  const whole = digits.slice(0, -DECIMAL_PLACES);
  let end = digits.length;
  const shortest = digits.length - DECIMAL_PLACES + decimals;
  while (end > shortest && digits.codePointAt(end - 1) === 48) {
    end -= 1;
  }
  const part = digits.slice(-DECIMAL_PLACES, end);
  return `${negative ? "-" : ""}${whole}${part === "" ? "" : `.${part}`}`;
}

/** The number in its shortest form: "122", "0.1". */
export function formatShortest(value: Decimal): string {
  return formatFixed(value, 0);
}

/** The number as a JSON number: the nearest double, as the sources that answer numbers give it. */
export function toJsonNumber(value: Decimal): number {
  return Number(formatFixed(value, 0));
}

/** The product, cut after 18 decimals. */
export function multiply(left: Decimal, right: Decimal): Decimal {
  return (left * right) / ONE;
}

/** The quotient of two numbers ≥ 0, rounded half up to `decimals` digits. `divisor` is above 0. */
export function divideRounded(dividend: Decimal, divisor: Decimal, decimals: number): Decimal {
  return roundTo((dividend * ONE) / divisor, decimals);
}

/** A number ≥ 0 rounded half up to `decimals` digits. */
export function roundTo(value: Decimal, decimals: number): Decimal {
  const step = POWERS[DECIMAL_PLACES - decimals] ?? ONE;
  return ((value + step / 2n) / step) * step;
}

export function largest(left: Decimal, right: Decimal): Decimal {
  return left > right ? left : right;
}

export function smallest(left: Decimal, right: Decimal): Decimal {
  return left < right ? left : right;
}
