import type * as Api from "@candlehouse/client";
import { BACKFILL_STATES } from "@candlehouse/shared/core/backfill-job";
import { z } from "zod";
import { schemaOf } from "./schema-of.ts";

/** What the routes of backfills answer. */

const seconds = z.int();

const progress = {
  windows_done: z.int(),
  windows_due: z.int(),
  candles_due: z.int(),
  candles_found: z.int(),
  candles_stored: z.int(),
  candles_absent: z.int(),
  requests: z.int(),
  rate: z.number().nullable(),
  eta_seconds: z.number().nullable(),
};

const job = z.looseObject({
  id: z.string(),
  batch: z.string().nullable(),
  series: z.string(),
  state: z.enum(BACKFILL_STATES),
  start: seconds,
  end: seconds,
  ...progress,
  reached: seconds.nullable(),
  errors: z.array(
    z.looseObject({ code: z.string(), reason: z.string().nullable(), count: z.int() }),
  ),
  gaps: z.array(z.looseObject({ class: z.string(), candles: z.int() })),
  message: z.string().nullable(),
  created_at: seconds,
  started_at: seconds.nullable(),
  finished_at: seconds.nullable(),
});

export type Job = z.output<typeof job>;

export const backfill = schemaOf<Api.Backfill>()(
  z.looseObject({
    id: z.string(),
    state: z.enum(BACKFILL_STATES),
    jobs: z.array(job),
    totals: z.looseObject(progress),
    message: z.string(),
  }),
);

export type Backfill = z.output<typeof backfill>;

export const jobsPage = schemaOf<Api.Backfills>()(
  z.looseObject({
    jobs: z.array(job),
    next_cursor: z.string().nullable(),
  }),
);

const plannedJob = z.looseObject({
  id: z.string().optional(),
  series: z.string(),
  start: seconds,
  end: seconds,
  candles_due: z.int(),
  missing: z.int().optional(),
  requests_estimated: z.int(),
  usd_estimated: z.number(),
});

export type PlannedJob = z.output<typeof plannedJob>;

export const backfillPlan = schemaOf<Api.BackfillStart>()(
  z.looseObject({
    jobs: z.array(plannedJob),
    message: z.string(),
  }),
);

export const backfillStart = schemaOf<Api.BackfillStart>()(
  z.looseObject({
    id: z.string(),
    jobs: z.array(plannedJob),
    message: z.string(),
  }),
);

export type BackfillStart = z.output<typeof backfillStart>;
