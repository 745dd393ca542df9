import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { ALERT_SEVERITIES } from "../core/alert.ts";
import { NOTICE_CHANGES } from "../core/notice.ts";

/** The tables of migrations/0008_notices.sql; schema.ts holds them with the others. Unix seconds. */

/** What happened to alerts, in order. */
export const alertNotices = sqliteTable("alert_notices", {
  sequence: integer().primaryKey(),
  alert: text().notNull(),
  kind: text().notNull(),
  subject: text(),
  change: text({ enum: NOTICE_CHANGES }).notNull(),
  severity: text({ enum: ALERT_SEVERITIES }).notNull(),
  severity_before: text({ enum: ALERT_SEVERITIES }),
  message: text().notNull(),
  raised_at: integer().notNull(),
  at: integer().notNull(),
});

/** Where notices go, and how far each channel got. */
export const noticeChannels = sqliteTable("notice_channels", {
  channel: text().primaryKey(),
  delivered: integer().notNull(),
  delivered_at: integer(),
  attempts: integer().notNull().default(0),
  failing_since: integer(),
  next_at: integer(),
  last_error: text(),
  given_up: integer().notNull().default(0),
  given_up_at: integer(),
});

/** The last check, in its one row. */
export const monitorChecks = sqliteTable("monitor_checks", {
  id: integer().notNull().primaryKey(),
  at: integer().notNull(),
  failed_looks: integer().notNull(),
});

/** What the failures of a source were at the last two half hours. */
export const sourceFailures = sqliteTable("source_failures", {
  source: text().primaryKey(),
  at: integer().notNull(),
  failures: integer().notNull(),
  before_at: integer(),
  before_failures: integer(),
});

/** How complete the enabled series of a tier are over the last days that are over. */
export const tierCompleteness = sqliteTable(
  "tier_completeness",
  {
    tier: integer().notNull(),
    timeframe: text().notNull(),
    measured_at: integer().notNull(),
    days: integer().notNull(),
    series: integer().notNull(),
    expected: integer().notNull(),
    held: integer().notNull(),
    explained: integer().notNull(),
    missing: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tier, table.timeframe] })],
);
