import { BUDGET_STATES } from "@candlehouse/shared/core/budget";
import { STORED_ITEMS } from "@candlehouse/shared/core/cost";
import { LEDGER_COUNTS, WORKS, type LedgerCount } from "@candlehouse/shared/core/ledger";
import { z } from "@hono/zod-openapi";
import { nextCursor, seconds } from "./candle-schemas.ts";

/** What the routes about the system's own work answer. */

const meta = z.strictObject({
  durationMs: z.number().openapi({ description: "Milliseconds that the database worked." }),
});

const hourCounts = {
  runs: z.int().openapi({ description: "Batches of the queue." }),
  candles: z.int().openapi({ description: "Candles in their messages." }),
  inserted: z.int(),
  ignored: z.int().openapi({ description: "Candles that were known." }),
  revised: z.int().openapi({ description: "Candles that were known with other values." }),
  retried: z.int().openapi({ description: "Messages that went back to the queue." }),
  dead: z.int().openapi({
    description:
      "Messages that became dead letters: at once, or by way of a dead-letter queue after their retries.",
  }),
  duration_ms: z.int().openapi({ description: "Milliseconds that the consumer worked." }),
};

export const statsSchema = z
  .strictObject({
    at: seconds.openapi({ description: "When this was found out. Kept for 15 seconds." }),
    hours: z.array(z.strictObject({ hour: seconds, ...hourCounts })).openapi({
      description:
        "What was stored in each of the last 48 hours, oldest first; hours without work are left out.",
    }),
    totals: z.strictObject({
      hour: z.strictObject(hourCounts).openapi({
        description:
          "The running hour, and the share of the one before that lies in the last 60 minutes.",
      }),
      day: z
        .strictObject(hourCounts)
        .openapi({ description: "The last 24 hours, in the same way." }),
    }),
    candles_per_second: z.number().nullable().openapi({
      description:
        "How fast the consumer stores while it works, in the last day; null where it had nothing to do.",
    }),
    queues: z.array(
      z.strictObject({
        queue: z.string(),
        backlog_messages: z.int(),
        backlog_bytes: z.int(),
        oldest_message_at: seconds.nullable(),
      }),
    ),
    dead_letters: z.strictObject({
      open: z.int(),
      replayed: z.int(),
      discarded: z.int(),
      oldest_open_at: seconds.nullable(),
    }),
    archive: z
      .strictObject({
        files: z.int().openapi({ description: "Current files: they answer queries." }),
        fragments: z.int().openapi({ description: "Files that wait to be merged." }),
        candles: z.int(),
        bytes: z.int(),
        series: z.int(),
        damaged: z.int().openapi({ description: "Files in which something was found wrong." }),
        oldest_verified_at: seconds.nullable(),
        newest_verified_at: seconds.nullable(),
        last_change_at: seconds.nullable(),
      })
      .openapi({
        description: "Sums of the current files, up to a minute old; ten where no file changed.",
      }),
    alerts: z.strictObject({ firing: z.int(), critical: z.int() }),
    jobs: z.strictObject({ open_backfills: z.int(), open_imports: z.int() }),
    meta,
  })
  .openapi("Stats");

/** What work did and what of it is billed, as migrations/0006_operations.sql has it. */
const ledgerCounts = {
  runs: z
    .int()
    .openapi({ description: "Ticks, batches, steps: what the kind of work is counted in." }),
  candles: z.int().openapi({ description: "That came in." }),
  inserted: z.int(),
  ignored: z.int(),
  revised: z.int(),
  retried: z.int(),
  dead: z.int(),
  requests: z.int().openapi({ description: "Billed invocations of Workers." }),
  queue_operations: z.int(),
  rows_read: z.int().openapi({ description: "Of D1." }),
  rows_written: z.int().openapi({ description: "Of D1." }),
  class_a: z.int().openapi({ description: "Operations of R2 that write or list." }),
  class_b: z.int().openapi({ description: "Operations of R2 that read." }),
  steps: z.int().openapi({ description: "Of Workflows." }),
  object_requests: z.int().openapi({ description: "Calls of Durable Objects." }),
  object_rows_written: z.int().openapi({ description: "In the storage of Durable Objects." }),
  duration_ms: z.int(),
} satisfies Record<LedgerCount, z.ZodInt>;

const costBudget = z.strictObject({
  usd: z.number().openapi({ description: "A month, with the plan's fee." }),
  state: z.enum(BUDGET_STATES).openapi({
    description:
      "full: backfills go as fast as their sources allow. slowed: they pause between windows. held: they wait until the month ends or the budget is raised.",
  }),
  reason: z.union([z.string(), z.null()]).openapi({ description: "Null at full speed." }),
});

export const costsSchema = z
  .strictObject({
    month: z.string().openapi({ example: "2026-11" }),
    at: seconds,
    elapsed_ratio: z.number().openapi({ description: "How much of the month is over, 0 to 1." }),
    items: z.array(
      z.strictObject({
        item: z.enum([...LEDGER_COUNTS, ...STORED_ITEMS]),
        name: z.string().openapi({ example: "D1 rows written" }),
        unit: z.string(),
        used: z.number(),
        included: z.number().openapi({ description: "What costs nothing, a month." }),
        projected: z.number().openapi({
          description: "By the month's end, if it goes on as it went from its beginning to now.",
        }),
        used_ratio: z.number().openapi({ description: "Of what is included; 1 is all of it." }),
        projected_ratio: z.number(),
        price: z.strictObject({ usd: z.number(), per: z.number() }),
        projected_usd: z.number(),
      }),
    ),
    works: z
      .array(z.strictObject({ work: z.enum(WORKS), ...ledgerCounts }))
      .openapi({ description: "What each kind of work did in the month." }),
    days: z
      .array(
        z.strictObject({ day: z.string().openapi({ example: "2026-11-01" }), ...ledgerCounts }),
      )
      .openapi({ description: "What was done on each day, UTC; days without work are left out." }),
    plan: z.strictObject({ name: z.string(), usd_a_month: z.number() }),
    projected_usd: z.number().openapi({ description: "By the month's end, with the plan's fee." }),
    budget: z.union([costBudget, z.null()]).openapi({
      description:
        "What the month may come to, and whether that slows backfills now; collection is never slowed. Null where there is no budget, of a month that is over, and where the producer does not answer.",
    }),
    not_counted: z.array(z.string()).openapi({ description: "What is billed and not in here." }),
    meta,
  })
  .openapi("Costs");

export const archiveChangesSchema = z
  .strictObject({
    changes: z.array(
      z.strictObject({
        series: z.string(),
        partition: z.string().openapi({ description: "A month, 2026-10, or a year, 2026; UTC." }),
        sequence: z.int().openapi({ description: "1 for the first change of the partition." }),
        at: seconds,
        kind: z.enum(["archive", "compact", "register", "rebuild"]).openapi({
          description:
            "archive: hot candles were merged. compact: fragments were. register: a fragment came. rebuild: the manifest was made from the objects.",
        }),
        added: z.int().openapi({ description: "Files that came." }),
        removed: z.int().openapi({ description: "Files that went." }),
        file: z
          .union([z.strictObject({ key: z.string(), rows: z.int(), bytes: z.int() }), z.null()])
          .openapi({
            description: "The file that came; null where none did, or it is gone by now.",
          }),
      }),
    ),
    next_cursor: nextCursor,
    meta,
  })
  .openapi("ArchiveChanges");
