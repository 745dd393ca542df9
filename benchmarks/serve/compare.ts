/** Whether systems answer the same candles: a benchmark of wrong answers says nothing. */
import { parseDecimal } from "@candlehouse/shared/core/decimal";

const FIELDS = ["open", "high", "low", "close", "volume_from", "volume_to", "trades"] as const;

/**
 * The candles in `text`, JSON or NDJSON of any of the systems: each as its values' digits, which
 * are those that were sent. They are sorted, since the systems group and order series differently.
 */
export function readCandles(text: string): string[] {
  const lines = text.trim().split("\n");
  return lines.flatMap((line) => [...findCandles(JSON.parse(line, keepDigits))]).toSorted();
}

/** `candles` as doubles have them. */
export function roundToDoubles(candles: readonly string[]): string[] {
  return candles
    .map((candle) => candle.split(" ").map((value) => (value === "null" ? value : Number(value))))
    .map((values) => values.join(" "))
    .toSorted();
}

/** A number as the text that it was, of which `JSON.parse` would keep what a double can hold. */
function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === "number" ? (context?.source ?? value) : value;
}

function* findCandles(value: unknown): Generator<string, void> {
  if (typeof value !== "object" || value === null) {
    return;
  }
  const members: Readonly<Record<string, unknown>> = { ...value };
  if ("open" in members) {
    yield [members["timestamp"], ...FIELDS.map((name) => members[name])].map(digitsOf).join(" ");
    return;
  }
  for (const member of Object.values(members)) {
    yield* findCandles(member);
  }
}

function digitsOf(value: unknown): string {
  if (value === null) {
    return "null";
  }
  const digits = typeof value === "string" ? parseDecimal(value) : undefined;
  if (digits === undefined) {
    throw new Error(`an answer holds ${JSON.stringify(value)} where a number belongs`);
  }
  return digits;
}
