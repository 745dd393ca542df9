import { customType, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { StoredDecimal } from "../core/decimal.ts";

export * from "./schema-access.ts";
export * from "./schema-history.ts";
export * from "./schema-notices.ts";
export * from "./schema-operations.ts";
export * from "./schema-shards.ts";

/**
 * The tables of migrations/, for typed queries. The migrations are the truth: a test holds the
 * two together.
 */
const decimal = customType<{ data: StoredDecimal; driverData: StoredDecimal }>({
  dataType: () => "any",
});

const candleKey = {
  source: text().notNull(),
  symbol: text().notNull(),
  timeframe: text().notNull(),
  timestamp: integer().notNull(),
};

const candleValues = {
  open: decimal().notNull(),
  high: decimal().notNull(),
  low: decimal().notNull(),
  close: decimal().notNull(),
  volume_from: decimal(),
  volume_to: decimal(),
  trades: integer(),
};

/** Hot candles. Values never change once stored. */
export const priceData = sqliteTable("price_data", { ...candleKey, ...candleValues }, (table) => [
  primaryKey({ columns: [table.source, table.symbol, table.timeframe, table.timestamp] }),
]);

/** Later, different values of stored candles. */
export const candleRevisions = sqliteTable(
  "candle_revisions",
  { ...candleKey, seen_at_ms: integer().notNull(), ...candleValues },
  (table) => [
    primaryKey({
      columns: [table.source, table.symbol, table.timeframe, table.timestamp, table.seen_at_ms],
    }),
  ],
);

/** What to collect, and what went wrong last. Times are unix seconds. */
export const series = sqliteTable(
  "series",
  {
    source: text().notNull(),
    symbol: text().notNull(),
    timeframe: text().notNull(),
    native_symbol: text().notNull(),
    tier: integer().notNull(),
    enabled: integer().notNull().default(1),
    asked_until: integer(),
    catch_up_from: integer(),
    catch_up_until: integer(),
    failure_count: integer().notNull().default(0),
    retry_at: integer(),
    last_error_at: integer(),
    last_error_code: text(),
    last_error: text(),
    tier_assigned: text({ enum: ["asset", "hand"] })
      .notNull()
      .default("asset"),
    failures: integer().notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.source, table.symbol, table.timeframe] })],
);

/** How each source is doing. Times are unix seconds. */
export const sourceState = sqliteTable("source_state", {
  source: text().primaryKey(),
  state: text({ enum: ["ok", "failing", "off"] }).notNull(),
  since: integer().notNull(),
  reason_code: text(),
  reason: text(),
  last_success_at: integer(),
  last_error_at: integer(),
});

/** Index of the messages that could not be stored. Times are unix seconds. */
export const deadLetters = sqliteTable("dead_letters", {
  id: text().primaryKey(),
  queue: text().notNull(),
  source: text(),
  candles: integer(),
  reason_code: text().notNull(),
  reason: text().notNull(),
  body_key: text().notNull(),
  body_bytes: integer().notNull(),
  first_seen: integer().notNull(),
  last_seen: integer().notNull(),
  seen_count: integer().notNull().default(1),
  state: text({ enum: ["open", "replayed", "discarded"] })
    .notNull()
    .default("open"),
  discard_reason: text(),
  settled_at: integer(),
});

/** Which Parquet files on R2 hold cold candles. Times are unix seconds. */
export const archiveFiles = sqliteTable(
  "archive_files",
  {
    source: text().notNull(),
    symbol: text().notNull(),
    timeframe: text().notNull(),
    partition: text().notNull(),
    key: text().notNull(),
    state: text({ enum: ["current", "fragment", "replaced", "deleting"] }).notNull(),
    format: integer().notNull(),
    rows: integer().notNull(),
    first_timestamp: integer().notNull(),
    last_timestamp: integer().notNull(),
    bytes: integer().notNull(),
    footer_length: integer().notNull(),
    content_hash: text().notNull(),
    file_hash: text().notNull(),
    footer_hash: text().notNull(),
    day_counts: text().notNull(),
    created_at: integer().notNull(),
    replaced_at: integer(),
    verified_at: integer(),
    damage: text(),
  },
  (table) => [
    primaryKey({
      columns: [table.source, table.symbol, table.timeframe, table.partition, table.key],
    }),
  ],
);

/** How the files of a partition came to be: a chain of hashes. Times are unix seconds. */
export const archiveChanges = sqliteTable(
  "archive_changes",
  {
    source: text().notNull(),
    symbol: text().notNull(),
    timeframe: text().notNull(),
    partition: text().notNull(),
    sequence: integer().notNull(),
    at: integer().notNull(),
    kind: text({ enum: ["archive", "compact", "register", "rebuild"] }).notNull(),
    added: text().notNull(),
    removed: text().notNull(),
    before_hash: text().notNull(),
    after_hash: text().notNull(),
  },
  (table) => [
    primaryKey({
      columns: [table.source, table.symbol, table.timeframe, table.partition, table.sequence],
    }),
  ],
);
