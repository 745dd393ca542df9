/** Bytes a candle: our files beside DuckDB's and CSV. */
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Candle } from "@candlehouse/shared/core/candle";
import { canonicalLine } from "@candlehouse/shared/core/canonical-candle";
import { partitionOf } from "@candlehouse/shared/core/partition";
import type { Series } from "@candlehouse/shared/core/series";
import type { DuckDBConnection } from "@duckdb/node-api";
import { formatTable } from "../table.ts";
import { writeArchive } from "./files.ts";

const NAMES = ["open", "high", "low", "close", "volume_from", "volume_to"] as const;

/** How DuckDB types the columns, and what it is asked to write. */
const PEERS = [
  { name: "DuckDB, DOUBLE, ZSTD (the peer)", type: "DOUBLE", options: "COMPRESSION zstd" },
  { name: "DuckDB, DECIMAL(18,8), ZSTD", type: "DECIMAL(18,8)", options: "COMPRESSION zstd" },
  {
    name: "DuckDB, DOUBLE, ZSTD, Parquet version 2",
    type: "DOUBLE",
    options: "COMPRESSION zstd, PARQUET_VERSION v2",
  },
  {
    name: "DuckDB, DECIMAL(18,8), ZSTD, Parquet version 2",
    type: "DECIMAL(18,8)",
    options: "COMPRESSION zstd, PARQUET_VERSION v2",
  },
] as const;

/** Prints a table of bytes a candle; each side has a file a partition. */
export async function measureSizes(
  duckdb: DuckDBConnection,
  folder: string,
  timeframe: Series["timeframe"],
  symbol: string,
  candles: readonly Candle[],
): Promise<void> {
  const series: Series = { source: "binance", symbol, timeframe };
  const files = writeArchive(folder, series, candles);
  const ours = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const place = join(folder, "peers", symbol);
  mkdirSync(place, { recursive: true });
  const csv = join(place, "candles.csv");
  const head = ["timestamp", ...NAMES, "trades"].join(",");
  writeFileSync(csv, `${head}\n${candles.map(canonicalLine).join("")}`);
  const rows = [["ours", ours]];
  for (const { name, type, options } of PEERS) {
    await loadTable(duckdb, csv, type);
    rows.push([name, await copyByPartition(duckdb, place, series, candles, options)]);
  }
  rows.push(["CSV", statSync(csv).size]);
  process.stdout.write(
    `\n${symbol} ${timeframe}, ${candles.length.toLocaleString("en")} candles, files a side: ${files.length}\n\n` +
      formatTable(
        ["", "bytes a candle", "ours against it"],
        rows.map(([name, bytes]) => [
          String(name),
          (Number(bytes) / candles.length).toFixed(2),
          name === "ours" ? "" : (ours / Number(bytes)).toFixed(2),
        ]),
      ),
  );
}

/** The CSV as a table, its decimals of `type`; DOUBLE is what read_csv finds by itself. */
async function loadTable(duckdb: DuckDBConnection, csv: string, type: string): Promise<void> {
  const types = [
    "'timestamp': BIGINT",
    ...NAMES.map((name) => `'${name}': '${type}'`),
    "'trades': BIGINT",
  ];
  await duckdb.run(
    `CREATE OR REPLACE TABLE candles AS
     SELECT to_timestamp(timestamp) AS timestamp, * EXCLUDE timestamp
     FROM read_csv('${csv}', header = true, columns = {${types.join(", ")}})`,
  );
}

async function copyByPartition(
  duckdb: DuckDBConnection,
  place: string,
  { timeframe }: Series,
  candles: readonly Candle[],
  options: string,
): Promise<number> {
  const partitions = new Set(candles.map(({ timestamp }) => partitionOf(timestamp, timeframe)));
  let bytes = 0;
  for (const partition of partitions) {
    const path = join(place, "peer.parquet");
    await duckdb.run(
      `COPY (FROM candles WHERE strftime(timestamp, '%Y-%m-%d') LIKE '${partition}-%' ORDER BY timestamp)
       TO '${path}' (FORMAT parquet, ${options})`,
    );
    bytes += statSync(path).size;
  }
  return bytes;
}
