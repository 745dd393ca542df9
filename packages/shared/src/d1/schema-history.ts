import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { BACKFILL_STATES } from "../core/backfill-job.ts";
import { GAP_CLASSES, GAP_STATES } from "../core/gap.ts";

/** The tables of migrations/0005_history.sql; schema.ts holds them with the others. */
const seriesKey = {
  source: text().notNull(),
  symbol: text().notNull(),
  timeframe: text().notNull(),
};

/** Hot candles of days that are over, counted. A day is counted from 1970-01-01 on, UTC. */
export const coverage = sqliteTable(
  "coverage",
  { ...seriesKey, day: integer().notNull(), candles: integer().notNull() },
  (table) => [primaryKey({ columns: [table.source, table.symbol, table.timeframe, table.day] })],
);

/** Missing candles, with class and evidence. Times are unix seconds; `end` is exclusive. */
export const gaps = sqliteTable(
  "gaps",
  {
    ...seriesKey,
    start: integer().notNull(),
    end: integer().notNull(),
    missing: integer().notNull(),
    runs: integer().notNull(),
    class: text({ enum: GAP_CLASSES }).notNull(),
    state: text({ enum: GAP_STATES }).notNull(),
    evidence: text().notNull(),
    attempts: integer().notNull().default(0),
    found_at: integer().notNull(),
    updated_at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.source, table.symbol, table.timeframe, table.start] })],
);

/** What sources answered to windows that did not come out full. Times are unix seconds. */
export const askedRanges = sqliteTable(
  "asked_ranges",
  {
    ...seriesKey,
    start: integer().notNull(),
    end: integer().notNull(),
    outcome: text({ enum: ["answered", "beyond_reach", "failed"] }).notNull(),
    found: integer().notNull(),
    absent: integer().notNull(),
    rejected: text().notNull(),
    code: text(),
    reason: text(),
    asked_at: integer().notNull(),
  },
  (table) => [
    primaryKey({
      columns: [table.source, table.symbol, table.timeframe, table.start, table.end],
    }),
  ],
);

/** Backfills and imports, and how they go. Times are unix seconds. */
export const jobs = sqliteTable("jobs", {
  id: text().primaryKey(),
  kind: text({ enum: ["backfill", "import"] }).notNull(),
  batch: text(),
  source: text(),
  symbol: text(),
  timeframe: text(),
  state: text({ enum: BACKFILL_STATES }).notNull(),
  request: text().notNull(),
  progress: text().notNull(),
  message: text(),
  instance: text(),
  created_at: integer().notNull(),
  started_at: integer(),
  updated_at: integer().notNull(),
  finished_at: integer(),
});

/** What is known of assets; of those that are not here, a table in the code. Unix seconds. */
export const assets = sqliteTable("assets", {
  ticker: text().primaryKey(),
  name: text(),
  category: text({ enum: ["CRYPTO", "STOCK", "COMMODITY", "CURRENCY"] }).notNull(),
  tier: integer().notNull(),
  assigned: text({ enum: ["table", "hand"] }).notNull(),
  aliases: text().notNull().default("[]"),
  successor: text(),
  valid_from: integer(),
  valid_until: integer(),
});

/** What sources call their markets where the rule does not say. Times are unix seconds. */
export const markets = sqliteTable(
  "markets",
  {
    source: text().notNull(),
    symbol: text().notNull(),
    native_symbol: text().notNull(),
    valid_from: integer(),
    valid_until: integer(),
    successor: text(),
  },
  (table) => [primaryKey({ columns: [table.source, table.symbol] })],
);
