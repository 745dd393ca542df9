/** A year of minutes to typed arrays. */
import { FILE_COLUMNS } from "@candlehouse/shared/r2/file-schema";
import type { FileReference } from "@candlehouse/shared/r2/read-candle-file";
import { readColumns } from "@candlehouse/shared/r2/read-columns";
import type { DuckDBConnection } from "@duckdb/node-api";
import { alternate, printTimes } from "./alternate.ts";
import { allGroups, openBucket, withFreshKeys } from "./files.ts";

const DOUBLES = `epoch(timestamp) AS timestamp, ${FILE_COLUMNS.slice(1)
  .map((name) => `${name}::DOUBLE AS ${name}`)
  .join(", ")}`;

export async function measureColumns(
  duckdb: DuckDBConnection,
  folder: string,
  files: readonly FileReference[],
): Promise<void> {
  const { bucket } = openBucket(folder);
  const all = `read_parquet('${folder}/candles/**/*.parquet')`;
  const read = async (list: readonly FileReference[]): Promise<Map<string, Float64Array>> =>
    readColumns(bucket, await allGroups(bucket, list), FILE_COLUMNS);
  const fetchArrays = (): Promise<Float64Array[]> =>
    fetchVectors(duckdb, `SELECT ${DOUBLES} FROM ${all}`);
  checkColumns(await read(files), await fetchArrays());
  const measured = await alternate([
    { name: "ours, footers not kept", run: () => read(withFreshKeys(files)) },
    { name: "ours, footers kept", run: () => read(files) },
    {
      name: "DuckDB, getColumns, as DOUBLE (the peer)",
      run: async () => (await duckdb.run(`SELECT ${DOUBLES} FROM ${all}`)).getColumns(),
    },
    {
      name: "DuckDB, getColumns, types as they are",
      run: async () => (await duckdb.run(`SELECT * FROM ${all}`)).getColumns(),
    },
    { name: "DuckDB, vectors copied to Float64Arrays, as DOUBLE", run: fetchArrays },
    {
      name: "DuckDB, chunks fetched, no value read",
      run: async () => (await duckdb.run(`SELECT ${DOUBLES} FROM ${all}`)).fetchAllChunks(),
    },
  ]);
  printTimes(
    "A year, 525,600 candles in twelve files on disk, eight columns to JavaScript numbers, equal on both sides",
    measured,
  );
}

/** DuckDB's vectors, value by value, as arrays. */
async function fetchVectors(duckdb: DuckDBConnection, sql: string): Promise<Float64Array[]> {
  const result = await duckdb.run(sql);
  const chunks = await result.fetchAllChunks();
  const rows = chunks.reduce((sum, { rowCount }) => sum + rowCount, 0);
  const arrays = FILE_COLUMNS.map(() => new Float64Array(rows));
  let at = 0;
  for (const chunk of chunks) {
    for (const [place, array] of arrays.entries()) {
      const vector = chunk.getColumnVector(place);
      for (let row = 0; row < chunk.rowCount; row += 1) {
        array[at + row] = Number(vector.getItem(row));
      }
    }
    at += chunk.rowCount;
  }
  return arrays;
}

function checkColumns(
  ours: ReadonlyMap<string, Float64Array>,
  theirs: readonly Float64Array[],
): void {
  for (const [place, name] of FILE_COLUMNS.entries()) {
    const [a, b] = [ours.get(name), theirs[place]];
    if (a === undefined || b === undefined || a.length !== b.length) {
      throw new Error(`${name} is not of one length on both sides`);
    }
    const row = a.findIndex((value, index) => value !== b[index]);
    if (row >= 0) {
      throw new Error(`${name} differs in row ${row}: ${a[row]} and ${b[row]}`);
    }
  }
}
