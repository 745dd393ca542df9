import {
  PAGE_CANDLES_DEFAULT,
  PAGE_CANDLES_MAX,
  QUERY_SERIES_MAX,
} from "@candlehouse/shared/core/query-plan";
import { FILL_MODES, REVISION_MODES } from "@candlehouse/shared/core/served-candle";
import { z } from "@hono/zod-openapi";
import { PAGE_VALUES_MAX } from "./candle-limits.ts";
import {
  choiceParameter,
  cursorParameter,
  marketsParameter,
  sourceParameter,
  symbolParameter,
  timeframeParameter,
  timeParameter,
} from "./parameters.ts";

export const FORMATS = ["json", "csv", "ndjson", "parquet", "arrow"] as const;
export type Format = (typeof FORMATS)[number];

export const SHAPES = ["rows", "columns"] as const;
export type Shape = (typeof SHAPES)[number];

const INCOMPLETE_MODES = ["mark", "drop"] as const;

/** Any whole number: one that is too large is another mistake than one that is none. */
const LIMIT = /^[1-9]\d{0,14}$/;
const LIMIT_ALLOWED = `a whole number from 1 to ${PAGE_CANDLES_MAX}`;

/** The query string of GET /v1/candles. */
export const candlesQuery = z.strictObject({
  source: sourceParameter.optional(),
  symbol: symbolParameter.optional(),
  timeframe: timeframeParameter.optional(),
  series: marketsParameter.optional(),
  start: timeParameter(
    "First open time, inclusive. Without it, the newest candles before end are meant.",
  ).optional(),
  end: timeParameter("Last open time, exclusive.").optional(),
  limit: z
    .string("give it once")
    .regex(LIMIT, LIMIT_ALLOWED)
    .transform(Number)
    .optional()
    .openapi({
      description: `Most candles of each series in one page: ${PAGE_CANDLES_DEFAULT} where it is not given, up to ${PAGE_CANDLES_MAX} (2,500 each of ${QUERY_SERIES_MAX} series), and ${PAGE_VALUES_MAX} values, indicators among them. All formats but JSON with start and without limit are the whole range.`,
      type: "integer",
      minimum: 1,
      maximum: PAGE_CANDLES_MAX,
      examples: [500],
    }),
  cursor: cursorParameter.optional(),
  interval: timeframeParameter.optional().openapi({
    description:
      "Timeframe of the candles in the answer, made of the coarsest stored one that makes it up and is not finer than the named timeframe.",
    example: undefined,
  }),
  fill: choiceParameter(
    FILL_MODES,
    "What stands in the place of a candle that is missing between two that are there: none leaves it out; null has nulls; prev has the close before as its prices, volumes and trades null; zero the same prices, volumes and trades 0; linear has prices on the line from the close before to the open after, volumes and trades null. Filled candles are marked.",
  ).optional(),
  indicators: z
    .string("give it once")
    .optional()
    .openapi({
      description:
        "Columns to be computed, comma between: sma:20, ema:20, rsi:14, macd:12:26:9, bollinger:20:2, atr:14, vwap, volume_sma:20. Candles before start are read, so that values do not depend on where the range begins.",
      examples: ["sma:20,rsi:14"],
    }),
  revisions: choiceParameter(
    REVISION_MODES,
    "Which values are meant where a source changed a candle later: the first ones, which is the rule, or the latest ones.",
  ).optional(),
  as_of: timeParameter(
    "What was known at this time: candles that had closed, with the newest revision that had been seen.",
  ).optional(),
  incomplete: choiceParameter(
    INCOMPLETE_MODES,
    "What becomes of a rolled-up candle whose interval is not over: it is marked by closed=false, which is the rule, or left out.",
  ).optional(),
  shape: choiceParameter(SHAPES, "Of JSON: an object a candle, or an array a column.").optional(),
  format: choiceParameter(FORMATS, "Wins over the Accept header.").optional(),
});

export type CandlesParameters = z.output<typeof candlesQuery>;
