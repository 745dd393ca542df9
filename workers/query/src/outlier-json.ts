import { OUTLIER_FIELDS, type Outlier } from "@candlehouse/shared/core/outlier";
import { z } from "@hono/zod-openapi";
import { numberToken } from "./candle-json.ts";

/** Digits of a score, and of what was expected: neither is a value that somebody published. */
const SCORE_DECIMALS = 2;
const EXPECTED_DIGITS = 10;

export const outlierSchema = z
  .strictObject({
    timestamp: z.int().openapi({ description: "Open time of the candle, unix seconds, UTC." }),
    field: z.enum(OUTLIER_FIELDS).openapi({
      description:
        "A price, or how far high (low) reaches beyond open and close: upper_wick, lower_wick.",
    }),
    value: z.number().openapi({
      description: "The price with all of its digits; of a wick, its length as a share.",
    }),
    expected: z.number().openapi({ description: "The median of the six candles around it." }),
    score: z.number().openapi({
      description: "How many times the usual scatter the value is above (negative: below) that.",
    }),
  })
  .openapi("Outlier");

/** `outlier` as a JSON object, its value with every digit. */
export function outlierJson(outlier: Outlier): string {
  const { timestamp, field, value, expected, score } = shown(outlier);
  return `{"timestamp":${timestamp},"field":"${field}","value":${value},"expected":${expected},"score":${score}}`;
}

/** Lines end as RFC 4180 has it. */
const CSV_LINE_END = "\r\n";

/** `outliers` as CSV with a header. */
export function outliersCsv(outliers: readonly Outlier[]): string {
  const lines = outliers.map((outlier) => {
    const { timestamp, field, value, expected, score } = shown(outlier);
    return `${timestamp},${field},${value},${expected},${score}`;
  });
  return ["timestamp,field,value,expected,score", ...lines]
    .map((line) => `${line}${CSV_LINE_END}`)
    .join("");
}

function shown({ timestamp, field, value, expected, score }: Outlier) {
  return {
    timestamp,
    field,
    value: numberToken(value),
    expected: Number(expected.toPrecision(EXPECTED_DIGITS)),
    score: roundedScore(score),
  };
}

/** A score as answers show it. */
export function roundedScore(score: number): number {
  return Number(score.toFixed(SCORE_DECIMALS));
}
