const FORM = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?$/i;

/**
 * A number or its text without an exponent, a plus sign and zeros that say nothing; null of anything
 * else. Written apart from the product's reader, which it is held against.
 */
export function plainDecimal(value: unknown): string | null {
  const text = typeof value === "number" || typeof value === "string" ? String(value) : "";
  const match = FORM.exec(text);
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match ?? [];
  const digits = `${whole}${fraction}`;
  if (match === null || digits === "") {
    return null;
  }
  const point = whole.length + Number(exponent);
  const padded = point <= 0 ? `${"0".repeat(1 - point)}${digits}` : digits.padEnd(point, "0");
  const units = padded.slice(0, Math.max(1, point)).replace(/^0+(?=\d)/, "");
  const decimals = padded.slice(Math.max(1, point)).replace(/0+$/, "");
  const plain = decimals === "" ? units : `${units}.${decimals}`;
  return sign === "-" && plain !== "0" ? `-${plain}` : plain;
}
