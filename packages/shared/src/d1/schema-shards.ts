import { integer, sqliteTable } from "drizzle-orm/sqlite-core";

/** The table of migrations/0009_shards.sql: which of several databases this one is. */
export const shard = sqliteTable("shard", {
  one: integer().primaryKey(),
  number: integer().notNull(),
  count: integer().notNull(),
});
