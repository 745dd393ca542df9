/** One day out of a year of monthly files. */
import type { Candle } from "@candlehouse/shared/core/candle";
import {
  readFooter,
  readGroups,
  type FileReference,
} from "@candlehouse/shared/r2/read-candle-file";
import type { DuckDBConnection } from "@duckdb/node-api";
import { alternate, printTimes } from "./alternate.ts";
import { openBucket, withFreshKeys, type CountingBucket } from "./files.ts";

const DAY = Date.UTC(2023, 6, 18) / 1_000;
const NEXT_DAY = DAY + 86_400;

export async function measureDay(
  duckdb: DuckDBConnection,
  folder: string,
  files: readonly FileReference[],
): Promise<void> {
  const july = files[6];
  if (july === undefined) {
    throw new Error("the year has no July");
  }
  const disk = openBucket(folder);
  const cold = (): Promise<Candle[]> => {
    const [reference = july] = withFreshKeys([july]);
    return readDay(disk, reference);
  };
  const table = `read_parquet('${folder}/candles/**/*.parquet', hive_partitioning = true)`;
  const days = `timestamp >= to_timestamp(${DAY}) AND timestamp < to_timestamp(${NEXT_DAY})`;
  const month = `${table} WHERE month = '07' AND ${days} ORDER BY timestamp`;
  const fetch = async (sql: string): Promise<unknown> => {
    const result = await duckdb.run(sql);
    return result.getColumns();
  };
  const [coldReads, warmReads] = [
    await countReads(disk, cold),
    await countReads(disk, () => readDay(disk, july)),
  ];
  const measured = await alternate([
    { name: `ours, footer not kept (${coldReads})`, run: cold },
    { name: `ours, footer kept (${warmReads})`, run: () => readDay(disk, july) },
    { name: "DuckDB, the month's folder named", run: () => fetch(`SELECT * FROM ${month}`) },
    {
      name: "DuckDB, over all twelve files",
      run: () => fetch(`SELECT * FROM ${table} WHERE ${days} ORDER BY timestamp`),
    },
  ]);
  printTimes(
    `One day, ${(NEXT_DAY - DAY) / 60} candles, out of a year in twelve files of about ` +
      `${Math.round(july.bytes / 1_024)} KiB on disk: to candles (DuckDB: to columns)`,
    measured,
  );
}

async function readDay({ bucket }: CountingBucket, reference: FileReference): Promise<Candle[]> {
  const file = await readFooter(bucket, reference);
  const from = file.groups.findIndex(({ last }) => last >= DAY);
  const to = file.groups.findLastIndex(({ first }) => first < NEXT_DAY) + 1;
  const candles = await readGroups(bucket, reference, file, { from, to });
  return candles.filter(({ timestamp }) => timestamp >= DAY && timestamp < NEXT_DAY);
}

/** What the second of two readings reads, for people: of the first, a footer may be kept. */
async function countReads(disk: CountingBucket, read: () => Promise<Candle[]>): Promise<string> {
  await read();
  disk.reads = 0;
  disk.bytes = 0;
  const candles = await read();
  if (candles.length !== (NEXT_DAY - DAY) / 60) {
    throw new Error(`a day has ${candles.length} minutes`);
  }
  return `${disk.reads} ${disk.reads === 1 ? "read" : "reads"}, ${Math.round(disk.bytes / 1_024)} KiB`;
}
