/** A year of minutes to hours. */
import { decimalOf } from "@candlehouse/shared/core/decimal";
import type { RolledCandle } from "@candlehouse/shared/core/rollup";
import type { FileReference } from "@candlehouse/shared/r2/read-candle-file";
import { readRolledUp } from "@candlehouse/shared/r2/read-columns";
import type { DuckDBConnection } from "@duckdb/node-api";
import { alternate, printTimes } from "./alternate.ts";
import { askTexts } from "./duckdb.ts";
import { allGroups, openBucket, withFreshKeys } from "./files.ts";

/** What DuckDB can say "a year to hours" in; `bucket` names the hour. */
const BUCKETS = {
  time_bucket: "time_bucket(INTERVAL 1 HOUR, timestamp)",
  "whole division": "epoch_ms(timestamp) // 3600000",
} as const;
const ENDS = {
  "arg_min, arg_max": ["arg_min(open, timestamp)", "arg_max(close, timestamp)"],
  "first, last ORDER BY": ["first(open ORDER BY timestamp)", "last(close ORDER BY timestamp)"],
} as const;

export async function measureRollUp(
  duckdb: DuckDBConnection,
  folder: string,
  files: readonly FileReference[],
): Promise<void> {
  const { bucket } = openBucket(folder);
  const all = `read_parquet('${folder}/candles/**/*.parquet')`;
  const rollUp = async (list: readonly FileReference[]): Promise<readonly RolledCandle[]> =>
    readRolledUp(bucket, await allGroups(bucket, list), "1h");
  const statements = Object.entries(BUCKETS).flatMap(([by, hour]) =>
    Object.entries(ENDS).map(([ends, [open, close]]) => ({
      name: `DuckDB, ${by}, ${ends}`,
      sql: `SELECT ${hour} AS hour, ${open} AS open, max(high) AS high, min(low) AS low, ${close} AS close,
          sum(volume_from) AS volume_from, sum(volume_to) AS volume_to, sum(trades) AS trades
        FROM ${all} GROUP BY hour ORDER BY hour`,
    })),
  );
  const wholeDivision = statements.find(({ name }) => name.includes("whole"))?.sql ?? "";
  const hours = await rollUp(files);
  for (const { name, sql } of statements) {
    checkHours(name, hours, await askTexts(duckdb, sql));
  }
  const measured = await alternate([
    { name: "ours, footers not kept", run: () => rollUp(withFreshKeys(files)) },
    { name: "ours, footers kept", run: () => rollUp(files) },
    ...statements.map(({ name, sql }) => ({
      name,
      run: async () => (await duckdb.run(sql)).getColumns(),
    })),
    {
      name: "DuckDB, whole division, arg_min, arg_max, no value of the result read",
      run: async () => (await duckdb.run(wholeDivision)).fetchAllChunks(),
    },
  ]);
  printTimes(
    `A year, 1m to 1h: ${hours.length.toLocaleString("en")} hours, equal on all sides, every digit`,
    measured,
  );
}

function checkHours(
  name: string,
  ours: readonly RolledCandle[],
  theirs: readonly (readonly string[])[],
): void {
  const row = ours.findIndex((hour, index) => !isEqual(hour, theirs[index] ?? []));
  if (row >= 0 || ours.length !== theirs.length) {
    throw new Error(
      `${name}: hour ${row} of ${ours.length} and ${theirs.length} differs: ${JSON.stringify([ours[row], theirs[row]])}`,
    );
  }
}

function isEqual(hour: RolledCandle, [, ...texts]: readonly string[]): boolean {
  const { open, high, low, close, volume_from, volume_to, trades } = hour;
  return [open, high, low, close, volume_from, volume_to, trades].every(
    (value, index) => value !== null && decimalOf(value) === trimmed(texts[index] ?? ""),
  );
}

function trimmed(decimal: string): string {
  return decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal;
}
