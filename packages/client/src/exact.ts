import type { ExactPage, FillMode } from "./candle-types.ts";

const DECIMAL_FIELDS: ReadonlySet<string> = new Set([
  "open",
  "high",
  "low",
  "close",
  "volume_from",
  "volume_to",
]);

/**
 * `text`, a page of candles as JSON, with prices and volumes as the text that they are there. Throws
 * SyntaxError where it is no JSON, and TypeError where the runtime does not hand over that text:
 * Node.js from 21, Chrome from 114, Firefox from 135 and Safari from 18.4 do.
 */
export function parseExact<Fill extends FillMode>(text: string): ExactPage<Fill> {
  if (!("rawJSON" in JSON)) {
    throw new TypeError("JSON.parse of this runtime does not tell the digits of a number");
  }
  return JSON.parse(text, keepDigits);
}

function keepDigits(name: string, value: unknown, context?: { readonly source: string }): unknown {
  return typeof value === "number" && DECIMAL_FIELDS.has(name) ? context?.source : value;
}
