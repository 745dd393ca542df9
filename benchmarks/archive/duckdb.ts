/** DuckDB as the peer: two threads, UTC. */
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";

/** As many as there are cores on the machine that the figures are from. */
const THREADS = 2;

export async function openDuckDb(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:", { threads: String(THREADS) });
  const duckdb = await instance.connect();
  await duckdb.run("SET TimeZone = 'UTC'");
  return duckdb;
}

/** The rows that `sql` gives, each value as text. */
export async function askTexts(duckdb: DuckDBConnection, sql: string): Promise<string[][]> {
  const result = await duckdb.run(`SELECT COLUMNS(*)::VARCHAR FROM (${sql})`);
  const rows = await result.getRowsJson();
  return rows.map((row) => row.map((value) => (typeof value === "string" ? value : "")));
}
