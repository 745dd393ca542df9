import { BACKFILL_STATES } from "@candlehouse/shared/core/backfill-job";
import { ERROR_CODES } from "@candlehouse/shared/core/errors";
import { GAP_CLASSES } from "@candlehouse/shared/core/gap";
import { SOURCES } from "@candlehouse/shared/core/source";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { z } from "@hono/zod-openapi";
import { cursorParameter } from "./parameters.ts";

/** What the routes of backfills take and answer. The producer checks what it takes itself. */

const seconds = z.int().openapi({ description: "Unix seconds, UTC." });
const maybeSeconds = z.union([seconds, z.null()]);
const time = z
  .union([z.string(), z.number()])
  .openapi({ description: "ISO 8601 or unix seconds.", example: "2024-11-22" });

export const backfillOrderSchema = z
  .strictObject({
    source: z.enum(SOURCES),
    symbol: z.string().optional().openapi({ example: "BTC-USDT" }),
    symbols: z.array(z.string()).max(500).optional(),
    tier: z.int().min(1).max(4).optional().openapi({
      description: "In place of symbols: every enabled series of the source that has it.",
    }),
    timeframe: z.enum(TIMEFRAMES).optional(),
    timeframes: z.array(z.enum(TIMEFRAMES)).optional(),
    start: time.optional(),
    end: time.optional().openapi({ description: "Exclusive; now where it is left out." }),
    days: z.int().min(1).max(10_000).optional().openapi({
      description: "In place of start: so many days before the end.",
    }),
    dry_run: z.boolean().optional().openapi({
      description: "Counts what is missing, and starts nothing.",
    }),
    grouped: z.boolean().optional().openapi({
      description: "Fetches 1d candles of all symbols a day at once, where the source has that.",
    }),
  })
  .openapi("BackfillOrder");

export const backfillStartSchema = z
  .strictObject({
    id: z.string().openapi({ description: "Of all jobs of this request together." }),
    dry_run: z.boolean().optional(),
    jobs: z.array(
      z.strictObject({
        id: z.string(),
        series: z.string().openapi({ example: "binance:BTC-USDT:1m" }),
        start: seconds,
        end: seconds,
        candles_due: z.int(),
        missing: z.int().optional().openapi({ description: "Of a dry run: what is missing now." }),
        requests_estimated: z.int().openapi({ description: "At least so many." }),
        usd_estimated: z.number().openapi({
          description:
            "About what is billed of it where nothing of what the plan includes is left.",
        }),
      }),
    ),
    message: z.string(),
  })
  .openapi("BackfillStart");

const counts = {
  windows_done: z.int(),
  windows_due: z.int(),
  candles_due: z.int().openapi({ description: "Candles of the range." }),
  candles_found: z.int().openapi({ description: "Missing candles that the source gave." }),
  candles_stored: z.int().openapi({ description: "Of these, handed to the queue or the archive." }),
  candles_absent: z.int().openapi({
    description: "Candles that the source was asked for and does not have.",
  }),
  requests: z.int(),
  rate: z.union([z.number(), z.null()]).openapi({
    description: "Candles of the range that are dealt with a second.",
  }),
  eta_seconds: z.union([z.int(), z.null()]),
};

const backfillJobSchema = z
  .strictObject({
    id: z.string(),
    batch: z.string().openapi({ description: "The request that started it." }),
    series: z.string(),
    state: z.enum(BACKFILL_STATES).openapi({
      description:
        "complete: every candle of the range is held, or the source was asked and has none. incomplete: something could not be asked for or stored; the message says what and why.",
    }),
    start: seconds,
    end: seconds,
    ...counts,
    reached: maybeSeconds.openapi({ description: "Everything before it is dealt with." }),
    errors: z.array(
      z.strictObject({
        at: seconds,
        code: z.enum(ERROR_CODES),
        reason: z.string(),
        count: z.int(),
      }),
    ),
    gaps: z
      .array(z.strictObject({ class: z.enum(GAP_CLASSES), candles: z.int() }))
      .openapi({ description: "What is missing by its class, once it was scanned for." }),
    message: z.union([z.string(), z.null()]),
    created_at: seconds,
    started_at: maybeSeconds,
    finished_at: maybeSeconds,
  })
  .openapi("BackfillJob");

export const backfillSchema = z
  .strictObject({
    id: z.string(),
    state: z.enum(BACKFILL_STATES),
    jobs: z.array(backfillJobSchema),
    totals: z.strictObject(counts),
    message: z.string(),
  })
  .openapi("Backfill");

export const backfillListSchema = z
  .strictObject({
    jobs: z.array(backfillJobSchema),
    next_cursor: z.union([z.string(), z.null()]),
  })
  .openapi("Backfills");

export const backfillListQuerySchema = z.object({
  state: z.enum(BACKFILL_STATES).optional().openapi({ description: "How far they have come." }),
  source: z.enum(SOURCES).optional().openapi({ description: "Of this source alone." }),
  limit: z
    .int()
    .min(1)
    .max(500)
    .optional()
    .openapi({ description: "Most backfills in one page.", examples: [100] }),
  cursor: cursorParameter.optional(),
});
