/** More say nothing that a screen has room for. */
const DIGITS_MAX = 12;

/** Prices that are looked at: the newest ones. */
const PRICES_MAX = 100;

/** Digits behind the point that the newest of `prices` have, as one tells another by. */
export function priceDigits(prices: readonly number[]): number {
  return Math.max(0, ...prices.slice(-PRICES_MAX).map((price) => digitsOf(price)));
}

/** Of its shortest decimal: `4e-7` has seven. */
function digitsOf(price: number): number {
  const [digits = "", exponent = "0"] = String(price).split("e");
  const [, fraction = ""] = digits.split(".");
  return Math.min(DIGITS_MAX, Math.max(0, fraction.length - Number(exponent)));
}
