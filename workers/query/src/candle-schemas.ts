import { FILL_MODES, REVISION_MODES } from "@candlehouse/shared/core/served-candle";
import { SOURCES } from "@candlehouse/shared/core/source";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { z } from "@hono/zod-openapi";

/** What answers with candles hold. */

export const seconds = z.int().openapi({ description: "Unix seconds, UTC.", example: 1795341600 });
const decimal = z.number().openapi({
  description: "Exact: the number has every digit of the source, which may be more than 15.",
});

/** The names that every candle has, and what is there of a stored one. */
const storedValues = {
  timestamp: z.int().openapi({ description: "Open time, unix seconds, UTC." }),
  open: decimal,
  high: decimal,
  low: decimal,
  close: decimal,
  volume_from: decimal.nullable(),
  volume_to: decimal.nullable(),
  trades: z.int().nullable(),
};

export const candleSchema = z.strictObject(storedValues).openapi("Candle");

const missing = z.int().nullable().openapi({
  description: "Where interval is given: how many finer candles of this one are not held.",
});
const closed = z.boolean().nullable().openapi({
  description: "Where interval is given: whether the candle's interval is over.",
});
const filled = z.boolean().nullable().openapi({
  description: "Where fill is given: whether this candle stands in the place of a missing one.",
});
const indicatorValue = z.number().nullable().openapi({
  description: "A column of an indicator, such as sma_20; null where it is not known yet.",
});

const servedCandleSchema = z
  .object({
    ...storedValues,
    open: decimal.nullable(),
    high: decimal.nullable(),
    low: decimal.nullable(),
    close: decimal.nullable(),
    missing: missing.optional(),
    closed: closed.optional(),
    filled: filled.optional(),
  })
  .catchall(indicatorValue)
  .openapi("ServedCandle", {
    description:
      "Prices are null only where fill=null filled the place of a missing candle. Indicators add a column each.",
  });

const candleColumnsSchema = z
  .object({
    timestamp: z.array(storedValues.timestamp),
    open: z.array(decimal.nullable()),
    high: z.array(decimal.nullable()),
    low: z.array(decimal.nullable()),
    close: z.array(decimal.nullable()),
    volume_from: z.array(decimal.nullable()),
    volume_to: z.array(decimal.nullable()),
    trades: z.array(z.int().nullable()),
    missing: z.array(missing).optional(),
    closed: z.array(closed).optional(),
    filled: z.array(filled).optional(),
  })
  .catchall(z.array(indicatorValue))
  .openapi("CandleColumns", { description: "An array a column, all of one length." });

export const seriesName = {
  source: z.enum(SOURCES),
  symbol: z.string(),
  timeframe: z.enum(TIMEFRAMES),
};

const servedName = {
  ...seriesName,
  from: z.array(z.enum(TIMEFRAMES)).optional().openapi({
    description:
      "Where interval is given: the stored timeframes that the candles were made of, the coarsest first.",
  }),
};

export const nextCursor = z
  .string()
  .nullable()
  .openapi({ description: "Give it as cursor to get the next page; null on the last one." });

const pageMeta = {
  interval: z.enum(TIMEFRAMES).optional(),
  start: seconds.nullable(),
  end: seconds.nullable(),
  limit: z.int(),
  fill: z.enum(FILL_MODES).optional(),
  indicators: z
    .array(z.string())
    .optional()
    .openapi({ description: "With all of their parameters: macd:12:26:9." }),
  revisions: z.enum(REVISION_MODES).optional(),
  as_of: seconds.optional(),
  incomplete: z.enum(["mark", "drop"]).optional(),
  count: z.int().openapi({ description: "Candles in this answer." }),
  complete: z.boolean().openapi({
    description:
      "The range is over and every candle of it is here, whole; Cache-Control says how long that holds.",
  }),
};

const oneSeriesMeta = z.strictObject({ ...servedName, ...pageMeta });
const severalSeriesMeta = z.strictObject(pageMeta);

export const oneSeriesSchema = z
  .strictObject({
    candles: z.array(servedCandleSchema),
    next_cursor: nextCursor,
    meta: oneSeriesMeta,
  })
  .openapi("Candles");

export const severalSeriesSchema = z
  .strictObject({
    series: z.array(z.strictObject({ ...servedName, candles: z.array(servedCandleSchema) })),
    next_cursor: nextCursor,
    meta: severalSeriesMeta,
  })
  .openapi("CandlesOfSeveralSeries");

export const oneSeriesColumnsSchema = z
  .strictObject({
    columns: candleColumnsSchema,
    next_cursor: nextCursor,
    meta: oneSeriesMeta,
  })
  .openapi("ColumnsOfCandles");

export const severalSeriesColumnsSchema = z
  .strictObject({
    series: z.array(z.strictObject({ ...servedName, columns: candleColumnsSchema })),
    next_cursor: nextCursor,
    meta: severalSeriesMeta,
  })
  .openapi("ColumnsOfSeveralSeries");

/** A revision of a stored candle: the values that its source gave later, and those that are stored. */
const revisionSchema = z
  .strictObject({
    timestamp: storedValues.timestamp,
    seen_at: z.number().openapi({
      description: "When the source gave these values, unix seconds; the fraction is milliseconds.",
    }),
    revised: candleSchema.omit({ timestamp: true }),
    stored: z.union([candleSchema.omit({ timestamp: true }), z.null()]).openapi({
      description: "The first values, which are the candle; null where they cannot be found.",
    }),
  })
  .openapi("Revision");

export const revisionsSchema = z
  .strictObject({
    revisions: z.array(revisionSchema),
    next_cursor: nextCursor,
    meta: z.strictObject({
      ...seriesName,
      start: seconds.nullable(),
      end: seconds.nullable(),
      limit: z.int(),
      count: z.int(),
    }),
  })
  .openapi("Revisions");
