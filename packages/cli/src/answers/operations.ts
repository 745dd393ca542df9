import type * as Api from "@candlehouse/client";
import { z } from "zod";
import { schemaOf } from "./schema-of.ts";

/** What the routes about the system's own work answer. */

const seconds = z.int();

const hourCounts = {
  runs: z.int(),
  candles: z.int(),
  inserted: z.int(),
  ignored: z.int(),
  revised: z.int(),
  retried: z.int(),
  dead: z.int(),
  duration_ms: z.int(),
};

const hour = z.looseObject({ hour: seconds, ...hourCounts });

export type StatsHour = z.output<typeof hour>;

const queue = z.looseObject({
  queue: z.string(),
  backlog_messages: z.int(),
  backlog_bytes: z.int(),
  oldest_message_at: seconds.nullable(),
});

export type QueueBacklog = z.output<typeof queue>;

export const statsAnswer = schemaOf<Api.Stats>()(
  z.looseObject({
    at: seconds,
    hours: z.array(hour),
    totals: z.looseObject({ hour: z.looseObject(hourCounts), day: z.looseObject(hourCounts) }),
    candles_per_second: z.number().nullable(),
    queues: z.array(queue),
    dead_letters: z.looseObject({ open: z.int(), oldest_open_at: seconds.nullable() }),
    archive: z.looseObject({
      files: z.int(),
      fragments: z.int(),
      candles: z.int(),
      bytes: z.int(),
      damaged: z.int(),
      last_change_at: seconds.nullable(),
    }),
    alerts: z.looseObject({ firing: z.int(), critical: z.int() }),
    jobs: z.looseObject({ open_backfills: z.int(), open_imports: z.int() }),
  }),
);

export type Stats = z.output<typeof statsAnswer>;

const billLine = z.looseObject({
  item: z.string(),
  name: z.string(),
  unit: z.string(),
  used: z.number(),
  included: z.number(),
  projected: z.number(),
  projected_ratio: z.number(),
  price: z.looseObject({ usd: z.number(), per: z.number() }),
  projected_usd: z.number(),
});

export type BillLine = z.output<typeof billLine>;

const workOfMonth = z.looseObject({
  work: z.string(),
  runs: z.int(),
  candles: z.int(),
  requests: z.int(),
  queue_operations: z.int(),
  rows_read: z.int(),
  rows_written: z.int(),
  class_a: z.int(),
  class_b: z.int(),
  steps: z.int(),
  object_requests: z.int(),
});

export type WorkOfMonth = z.output<typeof workOfMonth>;

export const costsAnswer = schemaOf<Api.Costs>()(
  z.looseObject({
    month: z.string(),
    elapsed_ratio: z.number(),
    items: z.array(billLine),
    works: z.array(workOfMonth),
    plan: z.looseObject({ name: z.string(), usd_a_month: z.number() }),
    projected_usd: z.number(),
    budget: z
      .looseObject({ usd: z.number(), state: z.string(), reason: z.string().nullable() })
      .nullable(),
    not_counted: z.array(z.string()),
  }),
);

export type CostBudget = z.output<typeof costsAnswer>["budget"];
