import { ERROR_CODES } from "@candlehouse/shared/core/errors";
import { GAP_CLASSES, GAP_STATES } from "@candlehouse/shared/core/gap";
import { SOURCES } from "@candlehouse/shared/core/source";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { z } from "@hono/zod-openapi";

/** What the routes about missing candles answer and take. */

const seconds = z.int().openapi({ description: "Unix seconds, UTC." });
const orNull = <Schema extends z.ZodType>(schema: Schema) => z.union([schema, z.null()]);
const count = z.int().min(0);
const tier = orNull(z.int().min(1).max(4));
const ratio = orNull(z.number().min(0).max(1)).openapi({
  description: "held / (expected − explained); null where nothing can be held.",
});
const errorCode = z.enum([...ERROR_CODES, "internal"]);

const seriesName = {
  series: z.string().openapi({ example: "binance:BTC-USDT:1m" }),
  source: z.enum(SOURCES),
  symbol: z.string(),
  timeframe: z.enum(TIMEFRAMES),
};

const evidenceSchema = z
  .strictObject({
    asked_at: orNull(seconds).openapi({ description: "When the source was asked for them last." }),
    outcome: orNull(z.enum(["answered", "beyond_reach", "failed"])),
    found: orNull(count).openapi({ description: "Candles in the answers around." }),
    siblings: orNull(z.strictObject({ series: count, expected: count, found: count })).openapi({
      description: "Other series of the source in this timeframe: candles due and there.",
    }),
    first_held: orNull(seconds),
    last_held: orNull(seconds),
    reach_start: orNull(seconds).openapi({
      description: "The oldest that the source still gives.",
    }),
    code: orNull(errorCode),
    reason: z.string(),
  })
  .openapi("GapEvidence");

export const gapsSchema = z
  .strictObject({
    gaps: z.array(
      z.strictObject({
        ...seriesName,
        tier,
        start: seconds.openapi({ description: "Open time of the first missing candle." }),
        end: seconds.openapi({ description: "Exclusive." }),
        missing: count.openapi({ description: "Missing candles." }),
        runs: count.openapi({ description: "Stretches without a break that are one record." }),
        class: z.enum(GAP_CLASSES),
        state: z.enum(GAP_STATES),
        fillable: z.boolean().openapi({ description: "Whether a repair asks for it again." }),
        evidence: evidenceSchema,
        attempts: count.openapi({ description: "Repairs that tried to fill it." }),
        found_at: seconds,
        updated_at: seconds,
      }),
    ),
    next_cursor: orNull(z.string()),
  })
  .openapi("Gaps");

const failures = z.array(
  z.strictObject({ series: z.string(), code: errorCode, reason: z.string() }),
);

const which = {
  series: z.string().optional().openapi({ example: "binance:BTC-USDT:1m" }),
  source: z.enum(SOURCES).optional(),
  symbol: z.string().optional(),
  tier: z.int().min(1).max(4).optional(),
  timeframe: z.enum(TIMEFRAMES).optional(),
  start: z.union([z.string(), z.int()]).optional().openapi({
    description: "Unix seconds or ISO 8601; where a series begins, where it is not given.",
  }),
  end: z.union([z.string(), z.int()]).optional().openapi({ description: "Exclusive; now." }),
};

export const scanOrderSchema = z
  .strictObject({
    ...which,
    after: z.string().optional().openapi({ description: "next of the answer before." }),
  })
  .openapi("GapScanOrder", {
    description: "A scan looks at whole UTC days: bounds are rounded outward.",
  });

export const scanAnswerSchema = z
  .strictObject({
    series: count,
    candles_missing: count,
    candles_filled: count.openapi({ description: "Missing at the scan before, and held now." }),
    gaps: z.strictObject({ open: count, filled: count, unfillable: count, failed: count }),
    classes: z.partialRecord(z.enum(GAP_CLASSES), count).openapi({
      description: "Missing candles by class.",
    }),
    errors: failures,
    message: z.string(),
    next: orNull(z.string()).openapi({
      description: "Null where all series are scanned; else give it as after.",
    }),
  })
  .openapi("GapScan");

export const repairOrderSchema = z
  .strictObject({
    ...which,
    class: z.enum(GAP_CLASSES).optional(),
    dry_run: z.boolean().optional(),
  })
  .openapi("GapRepairOrder");

export const repairAnswerSchema = z
  .strictObject({
    gaps: count,
    candles: count,
    backfills: z.array(z.string()).openapi({ description: "Ids; see /v1/backfills/{id}." }),
    dry_run: z.boolean(),
    errors: failures,
    message: z.string(),
  })
  .openapi("GapRepair");

export const coverageSchema = z
  .strictObject({
    series: z.string(),
    days: z.array(
      z.strictObject({
        day: z.string().openapi({ example: "2026-10-01" }),
        expected: count.openapi({ description: "Candles that open on it and have closed." }),
        hot: count.openapi({ description: "In D1." }),
        cold: count.openapi({ description: "In files of the archive." }),
        held: count.openapi({
          description: "The larger of both: a candle that is being archived is in both.",
        }),
      }),
    ),
    meta: z.strictObject({ count, durationMs: z.number() }),
  })
  .openapi("Coverage");

const counts = { expected: count, held: count, explained: count, missing: count, ratio };

export const completenessSchema = z
  .strictObject({
    series: z.array(
      z.strictObject({ series: z.string(), tier, start: seconds, end: seconds, ...counts }),
    ),
    intervals: z.array(z.strictObject({ timeframe: z.enum(TIMEFRAMES), series: count, ...counts })),
    total: z.strictObject(counts),
    meta: z.strictObject({
      durationMs: z.number().openapi({ description: "Milliseconds that D1 worked." }),
    }),
  })
  .openapi("Completeness");
