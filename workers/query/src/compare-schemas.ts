import { SOURCES } from "@candlehouse/shared/core/source";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { z } from "@hono/zod-openapi";
import { outlierSchema } from "./outlier-json.ts";

/** What GET /v1/compare answers. */

const count = z.int().min(0);
const orNull = <Schema extends z.ZodType>(schema: Schema) => z.union([schema, z.null()]);
const numbers = (description: string) =>
  z.array(orNull(z.number())).openapi({ description: `${description} One for each timestamp.` });

const sourceSchema = z
  .strictObject({
    source: z.enum(SOURCES),
    from: z.array(z.enum(TIMEFRAMES)).openapi({
      description:
        "The stored timeframes of the candles that these are made of, the coarsest first.",
    }),
    summary: z.strictObject({
      candles: count,
      median_deviation: orNull(z.number()).openapi({ description: "Of absolute deviations." }),
      median_deviation_bps: orNull(z.number()),
      max_deviation: orNull(z.number()).openapi({ description: "The one farthest from 0." }),
      max_deviation_bps: orNull(z.number()),
      deviating: count.openapi({ description: "Candles whose deviation is marked." }),
      outliers: count.openapi({ description: "Candles that their own neighbours contradict." }),
    }),
    close: numbers("Every digit; null where the source has no candle."),
    volume_from: numbers("Volume in base currency: the weight of the close."),
    deviation: numbers("(close − consensus) / consensus."),
    deviation_bps: numbers("The same in basis points."),
    score: numbers("How unusual the deviation is for this source; null where too little is known."),
    deviates: z.array(z.boolean()).openapi({ description: "Whether the score is marked." }),
    outliers: z.array(outlierSchema).openapi({
      description: "What the source's own candles around say against a candle.",
    }),
  })
  .openapi("ComparedSource");

export const comparisonSchema = z
  .strictObject({
    symbols: z.array(
      z.strictObject({
        symbol: z.string(),
        base: z.string(),
        quote: z.string(),
        reason: orNull(z.string()).openapi({ description: "Why there is no consensus at all." }),
        timestamp: z.array(z.int()).openapi({ description: "Open times, unix seconds, UTC." }),
        consensus: numbers("Volume-weighted median of the closes; null where one source is alone."),
        sources: z.array(sourceSchema),
      }),
    ),
    next_cursor: orNull(z.string()),
    meta: z.strictObject({
      timeframe: z.enum(TIMEFRAMES),
      start: orNull(z.int()),
      end: orNull(z.int()),
      threshold: z.number(),
      count: count.openapi({ description: "Candles of all sources." }),
    }),
  })
  .openapi("Comparison");
