import type * as Api from "@candlehouse/client";
import { GAP_CLASSES } from "@candlehouse/shared/core/gap";
import { z } from "zod";
import { schemaOf } from "./schema-of.ts";

/** What the routes of gaps and completeness answer. */

const seconds = z.int();

const gap = z.looseObject({
  series: z.string(),
  source: z.string(),
  symbol: z.string(),
  timeframe: z.string(),
  tier: z.int().nullable(),
  start: seconds,
  end: seconds,
  missing: z.int(),
  runs: z.int(),
  class: z.enum(GAP_CLASSES),
  state: z.string(),
  fillable: z.boolean(),
  evidence: z.looseObject({ reason: z.string().nullish() }),
  attempts: z.int(),
});

export type Gap = z.output<typeof gap>;

export const gapsPage = schemaOf<Api.Gaps>()(
  z.looseObject({
    gaps: z.array(gap),
    next_cursor: z.string().nullable(),
  }),
);

/** Series that could not be worked on, and why. */
const failures = z.array(
  z.looseObject({ series: z.string(), code: z.string(), reason: z.string() }),
);

export type Failure = z.output<typeof failures>[number];

export const scanAnswer = schemaOf<Api.GapScan>()(
  z.looseObject({
    series: z.int(),
    candles_missing: z.int(),
    gaps: z.record(z.string(), z.int()),
    classes: z.partialRecord(z.enum(GAP_CLASSES), z.int()),
    candles_filled: z.int(),
    errors: failures,
    message: z.string(),
    next: z.string().nullable(),
  }),
);

export const repairAnswer = schemaOf<Api.GapRepair>()(
  z.looseObject({
    gaps: z.int(),
    candles: z.int(),
    backfills: z.array(z.string()),
    dry_run: z.boolean(),
    errors: failures,
    message: z.string(),
  }),
);

const held = {
  expected: z.int(),
  held: z.int(),
  explained: z.int(),
  missing: z.int(),
  ratio: z.number().nullable(),
};

const seriesCompleteness = z.looseObject({
  series: z.string(),
  tier: z.int().nullable(),
  start: seconds.nullable(),
  end: seconds.nullable(),
  ...held,
});

export type SeriesCompleteness = z.output<typeof seriesCompleteness>;

const intervalCompleteness = z.looseObject({ timeframe: z.string(), series: z.int(), ...held });

export type IntervalCompleteness = z.output<typeof intervalCompleteness>;

export const completenessAnswer = schemaOf<Api.Completeness>()(
  z.looseObject({
    series: z.array(seriesCompleteness),
    intervals: z.array(intervalCompleteness),
    total: z.looseObject(held),
  }),
);
