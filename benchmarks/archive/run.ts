/**
 * Measures the archive's files beside DuckDB's, and reading them beside DuckDB's reading, and
 * prints tables. `node benchmarks/run.ts archive`
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import type { Series } from "@candlehouse/shared/core/series";
import type { FileReference } from "@candlehouse/shared/r2/read-candle-file";
import type { DuckDBConnection } from "@duckdb/node-api";
import { measureCoding } from "./coding.ts";
import { measureColumns } from "./columns.ts";
import { measureDay } from "./day.ts";
import { openDuckDb } from "./duckdb.ts";
import { writeArchive } from "./files.ts";
import { loadMarket, tileYear } from "./market.ts";
import { measureRollUp } from "./roll-up.ts";
import { measureSizes } from "./sizes.ts";

const SERIES: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };

const folder = mkdtempSync(join(tmpdir(), "candlehouse-bench-"));
try {
  await measureAll();
} finally {
  rmSync(folder, { recursive: true });
}

async function measureAll(): Promise<void> {
  const [cpu] = cpus();
  process.stdout.write(
    `${cpus().length} × ${cpu?.model ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, ` +
      `Node ${process.version}\n`,
  );
  const duckdb = await openDuckDb();
  const year = join(folder, "year");
  const files = await measureWriting(duckdb, year);
  await measureDay(duckdb, year, files);
  await measureColumns(duckdb, year, files);
  await measureRollUp(duckdb, year, files);
  duckdb.closeSync();
}

/** Writes the year that is read afterwards. All candles are out of memory with its end. */
async function measureWriting(duckdb: DuckDBConnection, year: string): Promise<FileReference[]> {
  const market = loadMarket();
  process.stdout.write(`${market.name}\n`);
  const sizes = join(folder, "sizes");
  await measureSizes(duckdb, sizes, "1m", "BTC-USDT", market.minutes);
  await measureSizes(duckdb, sizes, "1h", "BTC-USDT", market.hours);
  await measureSizes(duckdb, sizes, "1h", "BTC-USD", market.sparseHours);
  await measureCoding(SERIES, market.minutes);
  return writeArchive(year, SERIES, tileYear(market.minutes));
}
