import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { QUERY_SERIES_MAX } from "@candlehouse/shared/core/query-plan";
import { parseSeries, type Series } from "@candlehouse/shared/core/series";
import { SOURCES } from "@candlehouse/shared/core/source";
import { isSymbol } from "@candlehouse/shared/core/symbol";
import { parseTime, TIME_FORMS } from "@candlehouse/shared/core/time";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { z } from "@hono/zod-openapi";

/**
 * The query parameters that several routes have. Each message says what is allowed. The docs page
 * fills its form with the examples: together they make a request that has an answer.
 */

export const sourceParameter = z
  .enum(SOURCES, `one of ${SOURCES.join(", ")}`)
  .openapi({ description: "Who published the candles.", example: "binance" });

export const symbolParameter = z
  .string("give it once")
  .refine(isSymbol, "BASE-QUOTE in upper case, such as BTC-USDT (XBT is BTC, XDG is DOGE)")
  .openapi({ description: "The market, BASE-QUOTE in upper case.", example: "BTC-USDT" });

export const timeframeParameter = z
  .enum(TIMEFRAMES, `one of ${TIMEFRAMES.join(", ")}`)
  .openapi({ description: "How long a candle is; 1m is a minute, 1M a month.", example: "1m" });

export const tierParameter = z
  .enum(["1", "2", "3", "4"], "one of 1, 2, 3, 4")
  .transform(Number)
  .openapi({ description: "1 is collected first." });

const SERIES_FORM = "source:SYMBOL:timeframe, such as binance:BTC-USDT:1m";

/** `series` as often as it is given; the same one twice is refused. */
export const seriesParameter = z
  .union([z.string(), z.array(z.string())])
  .transform((given, context): Series[] => readSeriesList([given].flat(), context))
  .openapi({
    description: `A series, ${SERIES_FORM}. Up to ${QUERY_SERIES_MAX} times.`,
    type: "array",
    items: { type: "string" },
    maxItems: QUERY_SERIES_MAX,
  });

function readSeriesList(texts: readonly string[], context: z.core.$RefinementCtx): Series[] {
  if (texts.length > QUERY_SERIES_MAX) {
    context.addIssue(`up to ${QUERY_SERIES_MAX} series, here are ${texts.length}`);
    return z.NEVER;
  }
  const list: Series[] = [];
  for (const [index, text] of texts.entries()) {
    const series = parseSeries(text);
    if (series === undefined || texts.indexOf(text) !== index) {
      context.addIssue(
        series === undefined
          ? `${SERIES_FORM}; sources are ${SOURCES.join(", ")}; timeframes are ${TIMEFRAMES.join(", ")}`
          : `each series once, but ${text} is here twice`,
      );
      return z.NEVER;
    }
    list.push(series);
  }
  return list;
}

/** A time as unix seconds. */
export function timeParameter(description: string) {
  return z
    .string("give it once")
    .transform((text, context): number => {
      const seconds = parseTime(text);
      if (seconds === undefined) {
        context.addIssue(TIME_FORMS);
        return z.NEVER;
      }
      return seconds;
    })
    .openapi({ description: `${description} ${TIME_FORMS}.`, type: "string" });
}

/** A whole number from 1 to `max`, `byDefault` where it is not given. */
export function limitParameter(description: string, byDefault: number, max: number) {
  return countParameter(max)
    .default(byDefault)
    .openapi({ description, type: "integer", minimum: 1, maximum: max, default: byDefault });
}

/** A whole number from 1 to `max`, or nothing. */
export function optionalLimitParameter(description: string, max: number) {
  return countParameter(max)
    .optional()
    .openapi({ description, type: "integer", minimum: 1, maximum: max });
}

function countParameter(max: number) {
  const allowed = `a whole number from 1 to ${max}`;
  return z
    .string("give it once")
    .regex(/^[1-9]\d{0,6}$/, allowed)
    .transform(Number)
    .refine((limit) => limit <= max, allowed);
}

export const cursorParameter = z.string("give it once").openapi({
  description: "next_cursor of the page before, with the other parameters of that page.",
});

/**
 * The query string of a request, by `schema`. A parameter given once is a string there, one given
 * several times an array. Throws InvalidInputError that names the first parameter which cannot be
 * meant, its value and what is allowed.
 */
export function readParameters<Shape extends z.core.$ZodShape>(
  schema: z.ZodObject<Shape, z.core.$strict>,
  queries: Readonly<Record<string, readonly string[]>>,
): z.output<z.ZodObject<Shape, z.core.$strict>> {
  const given = Object.fromEntries(
    Object.entries(queries).map(([name, values]) => [
      name,
      values.length === 1 ? values[0] : values,
    ]),
  );
  const result = schema.safeParse(given);
  if (result.success) {
    return result.data;
  }
  const [issue] = result.error.issues;
  if (issue?.code === "unrecognized_keys") {
    const [name = ""] = issue.keys;
    throw new InvalidInputError(
      name,
      given[name],
      `the parameters here are ${Object.keys(schema.shape).join(", ")}`,
    );
  }
  const name = String(issue?.path[0] ?? "query");
  throw new InvalidInputError(name, given[name], issue?.message ?? "unreadable");
}
