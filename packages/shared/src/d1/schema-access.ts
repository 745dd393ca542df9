import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { SCOPES } from "../core/access.ts";

/** The tables of migrations/0007_access.sql; schema.ts holds them with the others. */

/** Keys that callers show. Times are unix seconds. */
export const apiKeys = sqliteTable("api_keys", {
  id: text().primaryKey(),
  name: text().notNull(),
  scope: text({ enum: SCOPES }).notNull(),
  secret_sha256: text().notNull(),
  rate: integer(),
  created_at: integer().notNull(),
  created_by: text().notNull(),
  expires_at: integer(),
  revoked_at: integer(),
  last_used_at: integer(),
});

/** What was ordered, by whom, and what came of it. Times are unix seconds. */
export const auditLog = sqliteTable(
  "audit_log",
  {
    at: integer().notNull(),
    id: text().notNull(),
    caller: text().notNull(),
    name: text(),
    method: text().notNull(),
    path: text().notNull(),
    detail: text().notNull(),
    status: integer(),
    duration_ms: integer(),
  },
  (table) => [primaryKey({ columns: [table.at, table.id] })],
);
