import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { resolutionOf, timeframeOfResolution } from "@candlehouse/shared/core/resolution";
import { splitSymbol } from "@candlehouse/shared/core/symbol";
import { TIMEFRAMES, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { z } from "@hono/zod-openapi";
import { readParameters } from "../parameters.ts";
import { QUOTES_MAX } from "./quotes.ts";
import type { BarsQuery } from "./bars.ts";
import type { MarksQuery } from "./read-marks.ts";
import type { MarketName } from "../read-named-markets.ts";

const symbol = z.string("give it once").min(1, "a ticker such as BINANCE:BTCUSDT").openapi({
  description: "A ticker, as /udf/search and /udf/symbols give it.",
  example: "BINANCE:BTCUSDT",
});

const RESOLUTIONS = TIMEFRAMES.map(resolutionOf);
const RESOLUTION_FORM = `one of ${RESOLUTIONS.join(", ")}`;

const resolution = z
  .string("give it once")
  .transform((text, context): Timeframe => {
    const timeframe = timeframeOfResolution(text);
    if (timeframe === undefined) {
      context.addIssue(RESOLUTION_FORM);
      return z.NEVER;
    }
    return timeframe;
  })
  .openapi({
    description: `Minutes, or days, weeks and months: ${RESOLUTION_FORM}; D, W and M are 1D, 1W and 1M.`,
    type: "string",
    example: "60",
  });

/** Charts reach back beyond 1970 where a month is a bar; nothing of ours is so old. */
function secondsParameter(description: string, example: number) {
  return z
    .string("give it once")
    .regex(/^-?\d{1,11}$/, "unix seconds such as 1795341600")
    .transform((text) => Math.max(0, Number(text)))
    .openapi({ description: `${description} Unix seconds.`, type: "integer", example });
}

const from = secondsParameter("Inclusive.", 1_795_255_200);
const to = secondsParameter("Exclusive.", 1_795_341_600);

const countback = z
  .string("give it once")
  .regex(/^\d{1,9}$/, "a whole number such as 300")
  .transform(Number)
  .openapi({
    description:
      "So many bars before to, however old; from does not count then. 0 is as if not given.",
    type: "integer",
    minimum: 0,
    example: 300,
  });

const word = (description: string, example: string) =>
  z
    .string("give it once")
    .optional()
    .openapi({ description, examples: [example] });

const currencyCode = word("The quote currency of the symbol: nothing is converted.", "USDT");
const unitId = word("Not given: there are no units to choose from.", "");

export const symbolsQuery = z.strictObject({ symbol, currencyCode, unitId });

export const searchQuery = z.strictObject({
  query: word("A part of a ticker or of an asset's name.", "BTC"),
  type: word("crypto or stock; empty for both.", "crypto"),
  exchange: word("A source, such as BINANCE; empty for all.", "BINANCE"),
  limit: z
    .string("give it once")
    .regex(/^[1-9]\d{0,3}$/, "a whole number from 1 to 9999")
    .transform(Number)
    .default(30)
    .openapi({
      description: "Most results.",
      type: "integer",
      minimum: 1,
      default: 30,
      example: 5,
    }),
});

export const quotesQuery = z.strictObject({
  symbols: z.string("give it once").openapi({
    description: `Up to ${QUOTES_MAX} tickers, apart by commas.`,
    example: "BINANCE:BTCUSDT,KRAKEN:BTCUSD",
  }),
});

export const historyQuery = z.strictObject({
  symbol,
  resolution,
  from: from.optional(),
  to,
  countback: countback.optional(),
  currencyCode,
  unitId,
});

export const marksQuery = z.strictObject({ symbol, resolution, from, to });

/**
 * The parameters of `schema` among `queries`. Others are passed over: a chart's adapter may send
 * some of its own. Throws InvalidInputError as `readParameters` does.
 */
export function readUdfParameters<Shape extends z.core.$ZodShape>(
  schema: z.ZodObject<Shape, z.core.$strict>,
  queries: Readonly<Record<string, readonly string[]>>,
): z.output<z.ZodObject<Shape, z.core.$strict>> {
  const known = Object.entries(queries).filter(([name]) => name in schema.shape);
  return readParameters(schema, Object.fromEntries(known));
}

/** Throws InvalidInputError where neither `from` nor `countback` says where the bars begin. */
export function barsQueryOf(parameters: z.output<typeof historyQuery>): BarsQuery {
  const { resolution: timeframe, to: end } = parameters;
  const counted = parameters.countback === 0 ? undefined : parameters.countback;
  const start = counted === undefined ? parameters.from : undefined;
  if (start === undefined && counted === undefined) {
    throw new InvalidInputError("from", undefined, "give from, or countback above 0");
  }
  if (start !== undefined) {
    assertOrder(start, end);
  }
  return { timeframe, from: start, to: end, countback: counted };
}

/** Throws InvalidInputError where `from` is after `to`. */
export function marksQueryOf(parameters: z.output<typeof marksQuery>): MarksQuery {
  const { resolution: timeframe, from: start, to: end } = parameters;
  assertOrder(start, end);
  return { timeframe, from: start, to: end, countback: undefined };
}

function assertOrder(start: number, end: number): void {
  if (start > end) {
    throw new InvalidInputError("from", start, `it must not be after to, which is ${end}`);
  }
}

/** Throws InvalidInputError where prices or volumes are asked for in what they are not in. */
export function assertUnconverted(
  market: MarketName,
  given: { readonly currencyCode?: string | undefined; readonly unitId?: string | undefined },
): void {
  const { quote } = splitSymbol(market.symbol);
  if (given.currencyCode !== undefined && given.currencyCode !== quote) {
    throw new InvalidInputError("currencyCode", given.currencyCode, `prices are in ${quote}`);
  }
  if (given.unitId !== undefined) {
    throw new InvalidInputError("unitId", given.unitId, "there are no units to choose from");
  }
}
