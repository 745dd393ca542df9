import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { ALERT_SEVERITIES } from "../core/alert.ts";
import { WORKS } from "../core/ledger.ts";

/** The tables of migrations/0006_operations.sql; schema.ts holds them with the others. */

const count = () => integer().notNull().default(0);

/** What one kind of work did in an hour, and what of it is billed. */
export const costLedger = sqliteTable(
  "cost_ledger",
  {
    hour: integer().notNull(),
    work: text({ enum: WORKS }).notNull(),
    runs: count(),
    candles: count(),
    inserted: count(),
    ignored: count(),
    revised: count(),
    retried: count(),
    dead: count(),
    requests: count(),
    queue_operations: count(),
    rows_read: count(),
    rows_written: count(),
    class_a: count(),
    class_b: count(),
    steps: count(),
    object_requests: count(),
    object_rows_written: count(),
    duration_ms: count(),
  },
  (table) => [primaryKey({ columns: [table.hour, table.work] })],
);

/** What is wrong, or was. Times are unix seconds. */
export const alerts = sqliteTable("alerts", {
  id: text().primaryKey(),
  kind: text().notNull(),
  severity: text({ enum: ALERT_SEVERITIES }).notNull(),
  subject: text(),
  message: text().notNull(),
  state: text({ enum: ["firing", "resolved"] }).notNull(),
  raised_at: integer().notNull(),
  seen_at: integer().notNull(),
  resolved_at: integer(),
  raised_count: integer().notNull().default(1),
});
