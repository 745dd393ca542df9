/**
 * Measures how long it takes to say how complete 100 series are over five years, from the tables,
 * beside counting the candles themselves in D1 and in Parquet. `node benchmarks/run.ts completeness`
 */
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { candlesOfDay, dayOf } from "@candlehouse/shared/core/missing";
import {
  partitionEnd,
  partitionsBetween,
  partitionStart,
} from "@candlehouse/shared/core/partition";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import { timeframeSeconds } from "@candlehouse/shared/core/timeframe";
import { measureCompleteness } from "@candlehouse/shared/coverage/measure-completeness";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { getPlatformProxy } from "wrangler";
import { formatTable, median } from "../table.ts";

const DAY = 86_400;
const SERIES = 100;
const RUNS = 9;
const TODAY = Date.UTC(2026, 10, 23) / 1_000;
const NOW = TODAY + DAY / 2;
const HOT_FROM = TODAY - 20 * DAY;
const START = HOT_FROM - 5 * 365 * DAY;

const root = new URL("../../", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "candlehouse-bench-"));
const proxy = await getPlatformProxy<{ DB: D1Database }>({
  configPath: `${import.meta.dirname}/../store-worker/wrangler.jsonc`,
  persist: false,
});

try {
  await measureAll(proxy.env.DB);
} finally {
  await proxy.dispose();
  rmSync(folder, { recursive: true });
}

async function measureAll(db: D1Database): Promise<void> {
  for (const path of globSync("migrations/*.sql", { cwd: root }).toSorted()) {
    const sql = readFileSync(join(root, path), "utf8").replaceAll(/--.*$/gm, "");
    for (const statement of sql.split(";").filter((text) => text.trim() !== "")) {
      await db.prepare(statement).run();
    }
  }
  const duckdb = await (await DuckDBInstance.create(":memory:")).connect();
  const [cpu] = cpus();
  process.stdout.write(
    `${SERIES} series, five years, of which 20 days are hot; medians of ${RUNS}; ` +
      `${cpus().length} × ${cpu?.model ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}\n\n`,
  );
  const rows: string[][] = [];
  for (const timeframe of ["1m", "15m"] as const) {
    await fill(db, timeframe);
    rows.push(await measureTables(db, timeframe));
  }
  // Of minutes, the candles themselves are 265 million rows: too many to make here.
  await writeParquet(duckdb);
  rows.push(await measureCandles(db, duckdb));
  process.stdout.write(
    formatTable(["", "candles", "ms", "of it D1's work, ms", "rows of D1 read"], rows),
  );
  duckdb.closeSync();
}

/** The tables as a system has them that holds all of it. */
async function fill(db: D1Database, timeframe: Timeframe): Promise<void> {
  const files: unknown[] = [];
  const days: unknown[] = [];
  const symbols = Array.from({ length: SERIES }, (_, place) => `S${place}-USDT`);
  const perDay = candlesOfDay(0, timeframe);
  for (const symbol of symbols) {
    for (const partition of partitionsBetween(START, HOT_FROM, timeframe)) {
      const first = Math.max(START, partitionStart(partition));
      const end = Math.min(HOT_FROM, partitionEnd(partition));
      const counts = Array.from({ length: (end - partitionStart(partition)) / DAY }, (_, day) =>
        partitionStart(partition) + day * DAY < first ? 0 : perDay,
      );
      const rows = ((end - first) / DAY) * perDay;
      files.push([symbol, partition, rows, first, end - timeframeSeconds(timeframe), counts]);
    }
    for (let day = dayOf(HOT_FROM); day < dayOf(TODAY); day += 1) {
      days.push([symbol, day, perDay]);
    }
  }
  for (let from = 0; from < files.length; from += 500) {
    await db
      .prepare(
        `INSERT INTO archive_files SELECT 'binance', value->>0, ?2, value->>1,
          (value->>0) || ?2 || (value->>1), 'current', 1, value->>2, value->>3, value->>4, 1, 1, '', '', '',
          value->>5, 0, NULL, NULL, NULL FROM json_each(?1)`,
      )
      .bind(JSON.stringify(files.slice(from, from + 500)), timeframe)
      .run();
  }
  await db
    .prepare(
      "INSERT INTO coverage SELECT 'binance', value->>0, ?2, value->>1, value->>2 FROM json_each(?1)",
    )
    .bind(JSON.stringify(days), timeframe)
    .run();
  // Hot candles of minutes that are counted stay out, but for the first: nobody looks at them.
  const hotFrom = timeframe === "1m" ? TODAY : HOT_FROM;
  for (const symbol of symbols) {
    await db.batch([
      db
        .prepare(
          "INSERT INTO series (source, symbol, timeframe, native_symbol, tier) VALUES ('binance', ?1, ?2, ?1, 1)",
        )
        .bind(symbol, timeframe),
      db
        .prepare(
          `WITH RECURSIVE t (time) AS (SELECT ?3 UNION ALL SELECT time + ?5 FROM t WHERE time + ?5 < ?4)
          INSERT OR IGNORE INTO price_data
          SELECT 'binance', ?1, ?2, time, 1.5, 2.5, 0.5, 1.25, 12.5, 15.5, 7
          FROM (SELECT time FROM t UNION ALL SELECT ?6)`,
        )
        .bind(symbol, timeframe, hotFrom, NOW, timeframeSeconds(timeframe), HOT_FROM),
    ]);
  }
}

async function measureTables(db: D1Database, timeframe: Timeframe): Promise<string[]> {
  const range = { start: undefined, end: undefined };
  const [times, works]: [number[], number[]] = [[], []];
  let read = 0;
  let held = 0;
  for (let run = 0; run <= RUNS; run += 1) {
    const started = performance.now();
    const found = await measureCompleteness(db, { timeframe }, range, NOW);
    if (run > 0) {
      times.push(performance.now() - started);
      works.push(found.durationMs);
    }
    read = found.rowsRead;
    held = found.list.reduce((sum, one) => sum + one.held, 0);
    if (found.list.some(({ missing }) => missing > 0)) {
      throw new Error("the tables do not say that everything is held");
    }
  }
  return [`the tables, ${timeframe}`, ...cells(held, median(times), median(works), read)];
}

/** The cold candles as the archive has them: timestamps as integers, a file a series and year. */
async function writeParquet(duckdb: DuckDBConnection): Promise<void> {
  await duckdb.run(
    `COPY (
      SELECT 'S' || s || '-USDT' AS symbol, year(make_timestamp(t * 1000000)) AS year,
        make_timestamp(t * 1000000) AS timestamp, 1.5 AS open, 2.5 AS high, 0.5 AS low, 1.25 AS close
      FROM range(${SERIES}) AS series(s), range(${START}, ${HOT_FROM}, 900) AS times(t)
    ) TO '${folder}/cold' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (symbol, year))`,
  );
}

/** The same counts from the candles: the hot rows of D1, and the timestamps in Parquet. */
async function measureCandles(db: D1Database, duckdb: DuckDBConnection): Promise<string[]> {
  const [times, works]: [number[], number[]] = [[], []];
  let [read, held] = [0, 0];
  for (let run = 0; run <= RUNS; run += 1) {
    const started = performance.now();
    const { meta, results } = await db
      .prepare(
        `SELECT symbol, timestamp / 86400 AS day, COUNT(*) AS candles FROM price_data
        WHERE source = 'binance' AND timeframe = '15m' GROUP BY symbol, day`,
      )
      .all<{ candles: number }>();
    const cold = await duckdb.runAndReadAll(
      `SELECT symbol, date_trunc('day', timestamp) AS day, COUNT(timestamp) AS candles
      FROM read_parquet('${folder}/cold/**/*.parquet', hive_partitioning = true) GROUP BY ALL`,
    );
    if (run > 0) {
      times.push(performance.now() - started);
      works.push(meta.duration);
    }
    read = meta.rows_read;
    held =
      results.reduce((sum, { candles }) => sum + candles, 0) +
      cold.getRowsJS().reduce((sum, row) => sum + Number(row[2]), 0);
  }
  const name = "the candles, 15m: D1's rows, and Parquet by DuckDB";
  return [name, ...cells(held, median(times), median(works), read)];
}

function cells(candles: number, ms: number, workMs: number, rowsRead: number): string[] {
  return [candles, Math.round(ms * 10) / 10, Math.round(workMs * 10) / 10, rowsRead].map((cell) =>
    cell.toLocaleString("en"),
  );
}
