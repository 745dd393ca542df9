import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { QUERY_SERIES_MAX } from "@candlehouse/shared/core/query-plan";
import { parseSeries } from "@candlehouse/shared/core/series";
import { isSourceId, SOURCES, type SourceId } from "@candlehouse/shared/core/source";
import { isSymbol } from "@candlehouse/shared/core/symbol";
import { parseTime, TIME_FORMS } from "@candlehouse/shared/core/time";
import { TIMEFRAMES, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { z } from "@hono/zod-openapi";

/**
 * The query parameters that several routes have. Each message says what is allowed. The docs page
 * fills its form with each `example`: together they make a request that has an answer. A parameter
 * that would change that answer has `examples` instead, which stand beside the form.
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

const SERIES_EXAMPLE = "binance:BTC-USDT:1m";
const SERIES_FORM = `source:SYMBOL:timeframe, such as ${SERIES_EXAMPLE}`;

/** `series` as often as it is given; the same one twice is refused. */
export const seriesParameter = listParameter(
  `A series, ${SERIES_FORM}.`,
  `${SERIES_FORM}; sources are ${SOURCES.join(", ")}; timeframes are ${TIMEFRAMES.join(", ")}`,
  parseSeries,
);

/** `series` where it must be given. */
export const requiredSeriesParameter = seriesParameter.openapi({ example: [SERIES_EXAMPLE] });

/** A market at a source, and the timeframe where one is named. */
export interface NamedMarket {
  readonly source: SourceId;
  readonly symbol: string;
  readonly timeframe: Timeframe | undefined;
}

/** `series` where the timeframe may be left out. */
export const marketsParameter = listParameter(
  `A series, ${SERIES_FORM}; where interval is given, the timeframe may be left out: binance:BTC-USDT.`,
  `${SERIES_FORM}, or with interval binance:BTC-USDT; sources are ${SOURCES.join(", ")}; timeframes are ${TIMEFRAMES.join(", ")}`,
  parseMarket,
);

function parseMarket(text: string): NamedMarket | undefined {
  const [source, symbol, ...rest] = text.split(":");
  if (source === undefined || symbol === undefined || rest.length > 0) {
    return parseSeries(text);
  }
  return isSourceId(source) && isSymbol(symbol)
    ? { source, symbol, timeframe: undefined }
    : undefined;
}

/** A parameter that is given once for each thing that is meant, none of them twice. */
function listParameter<Named>(
  description: string,
  allowed: string,
  parse: (text: string) => Named | undefined,
) {
  return z
    .union([z.string(), z.array(z.string())], allowed)
    .transform((given, context): Named[] => {
      const texts = [given].flat();
      if (texts.length > QUERY_SERIES_MAX) {
        context.addIssue(`up to ${QUERY_SERIES_MAX} series, here are ${texts.length}`);
        return z.NEVER;
      }
      const list: Named[] = [];
      for (const [index, text] of texts.entries()) {
        const named = parse(text);
        if (named === undefined || texts.indexOf(text) !== index) {
          context.addIssue(
            named === undefined ? allowed : `each series once, but ${text} is here twice`,
          );
          return z.NEVER;
        }
        list.push(named);
      }
      return list;
    })
    .openapi({
      description: `${description} Up to ${QUERY_SERIES_MAX} times.`,
      type: "array",
      items: { type: "string" },
      examples: [[SERIES_EXAMPLE]],
      maxItems: QUERY_SERIES_MAX,
    });
}

/** One of `choices`. */
export function choiceParameter<const Choice extends string>(
  choices: readonly [Choice, ...Choice[]],
  description: string,
) {
  return z.enum(choices, `one of ${choices.join(", ")}`).openapi({ description });
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
    .openapi({
      description: `${description} ${TIME_FORMS}.`,
      type: "string",
      examples: ["2026-10-01T00:00:00Z", "1790812800"],
    });
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
    .openapi({ description, type: "integer", minimum: 1, maximum: max, examples: [max] });
}

function countParameter(max: number) {
  const allowed = `a whole number from 1 to ${max}`;
  return z
    .string("give it once")
    .regex(/^[1-9]\d{0,6}$/, allowed)
    .transform(Number)
    .refine((limit) => limit <= max, allowed);
}

/** What a `format` that may be CSV says of paging. */
export const CSV_CURSOR = "CSV has the cursor of the next page in the header X-Next-Cursor.";

export const cursorParameter = z.string("give it once").openapi({
  description: "next_cursor of the page before, with the other parameters of that page.",
  examples: ["W3sic2VyaWVzIjoiYmluYW5jZTpCVEMtVVNEVDoxbSJ9LDE3OTA4MTI4MDBd"],
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
