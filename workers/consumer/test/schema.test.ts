import { env } from "cloudflare:workers";
import * as schema from "@candlehouse/shared/d1/schema";
import { getTableConfig } from "drizzle-orm/sqlite-core";
import { describe, expect, test } from "vitest";

interface TableRow {
  readonly name: string;
  readonly wr: number;
  readonly strict: number;
}

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly pk: number;
}

const TABLES = Object.values(schema).map((table) => getTableConfig(table));

/** The tables that the migrations make, but for what D1 and the take-over keep for themselves. */
async function migratedTables(): Promise<TableRow[]> {
  const { results } = await env.DB.prepare(
    "SELECT name, wr, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table' ORDER BY name",
  ).all<TableRow>();
  return results.filter(
    ({ name }) => !/^(sqlite_|_cf_|d1_migrations$|price_data_before$)/.test(name),
  );
}

describe("the drizzle schema", () => {
  test("names every table of the migrations, each STRICT and WITHOUT ROWID", async () => {
    const expected = TABLES.map(({ name }) => ({ name, wr: 1, strict: 1 }));
    expect(await migratedTables()).toEqual(expected.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
  });

  test.for(TABLES.map((config) => [config.name, config] as const))(
    "has the columns and the key of %s as the migrations make them",
    async ([name, config]) => {
      const { results } = await env.DB.prepare(
        'SELECT name, type, "notnull", pk FROM pragma_table_info(?1) ORDER BY cid',
      )
        .bind(name)
        .all<ColumnRow>();
      const key =
        config.primaryKeys[0]?.columns.map((column) => column.name) ??
        config.columns.filter(({ primary }) => primary).map((column) => column.name);
      const columns = config.columns.map((column) => ({
        name: column.name,
        type: column.getSQLType().toUpperCase(),
        notnull: column.notNull ? 1 : 0,
        pk: key.indexOf(column.name) + 1,
      }));
      expect(byName(columns)).toEqual(byName(results));
      expect(key.length).toBeGreaterThan(0);
    },
  );
});

function byName<Row extends { readonly name: string }>(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
