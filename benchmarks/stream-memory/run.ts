/**
 * Shows that ten years of minutes stream in little memory: the query Worker's reading path, in a
 * process whose heap is smaller than a Worker's. `node benchmarks/stream-memory/run.ts`
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { DatabaseSync } from "node:sqlite";
import { CHAIN_START } from "@candlehouse/shared/core/archive";
import type { Candle } from "@candlehouse/shared/core/candle";
import {
  partitionsBetween,
  partitionEnd,
  partitionStart,
} from "@candlehouse/shared/core/partition";
import type { Series } from "@candlehouse/shared/core/series";
import { describeFile } from "@candlehouse/shared/r2/describe-file";
import { encodeCandleFile } from "@candlehouse/shared/r2/encode-candle-file";
import { csvFormat, ndjsonFormat } from "../../workers/query/src/line-formats.ts";
import { serveRange } from "../../workers/query/src/serve/serve-candles.ts";
import { PLAIN } from "../../workers/query/src/serve/serve-query.ts";
import { startReading, streamPieces } from "../../workers/query/src/stream-pieces.ts";

const SERIES: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
const FROM = Date.UTC(2014, 0, 1) / 1_000;
const TO = Date.UTC(2024, 0, 1) / 1_000;
const ROWS = (TO - FROM) / 60;

/** Half of what a Worker has: the rest is for what lies outside of the heap. */
// https://developers.cloudflare.com/workers/platform/limits/#memory
const HEAP_MB = 64;

const [directory = "", format] = process.argv.slice(2);
if (format === "csv" || format === "ndjson") {
  await stream(directory, format);
} else {
  measureAll();
}

function measureAll(): void {
  const state = mkdtempSync(`${tmpdir()}/stream-memory-`);
  try {
    const started = performance.now();
    const bytes = writeFiles(state);
    process.stdout.write(
      `${ROWS.toLocaleString("en")} candles in 120 files, ${(bytes / 2 ** 20).toFixed(1)} MiB, encoded in ${seconds(started)}\n`,
    );
    for (const name of ["csv", "ndjson"]) {
      const heap = [`--max-old-space-size=${HEAP_MB}`, "--max-semi-space-size=8"];
      const child = [...heap, import.meta.filename, state, name];
      const { status } = spawnSync(process.execPath, child, { stdio: "inherit" });
      if (status !== 0) {
        throw new Error(`streaming ${name} ended with ${status}`);
      }
    }
  } finally {
    rmSync(state, { recursive: true });
  }
}

/** Writes the files and a database that names them; returns the bytes of all files. */
function writeFiles(state: string): number {
  const database = new DatabaseSync(`${state}/database`);
  database.exec(
    readFileSync(`${import.meta.dirname}/../../migrations/0001_take_over_price_data.sql`, "utf8"),
  );
  database.exec(readFileSync(`${import.meta.dirname}/../../migrations/0004_archive.sql`, "utf8"));
  const insert = database.prepare(
    `INSERT INTO archive_files VALUES
    ('binance', 'BTC-USDT', '1m', ?, ?, 'current', 1, ?, ?, ?, ?, ?, ?, ?, ?, '[]', 0, NULL, NULL, NULL)`,
  );
  let price = 27_500;
  let total = 0;
  for (const partition of partitionsBetween(FROM, TO, "1m")) {
    const candles: Candle[] = [];
    const end = partitionEnd(partition);
    for (let timestamp = partitionStart(partition); timestamp < end; timestamp += 60) {
      const open = price;
      price = Math.round(price * 100 + (Math.random() - 0.5) * 2_000) / 100;
      const [high, low] = [Math.max(open, price) + 1.5, Math.min(open, price) - 1.25];
      const volume_from = Math.round(Math.random() * 1e7) / 1e5;
      const volume_to = Math.round(volume_from * price * 100) / 100;
      const trades = Math.round(Math.random() * 1_000);
      candles.push({ timestamp, open, high, low, close: price, volume_from, volume_to, trades });
    }
    const { bytes } = encodeCandleFile(SERIES, candles, CHAIN_START);
    const file = describeFile(bytes, partition, partition);
    const { rows, first, last, footerLength, contentHash, fileHash, footerHash } = file;
    writeFileSync(`${state}/${partition}`, bytes);
    const hashes = [contentHash, fileHash, footerHash];
    insert.run(partition, partition, rows, first, last, bytes.length, footerLength, ...hashes);
    total += bytes.length;
  }
  database.close();
  return total;
}

async function stream(state: string, name: "csv" | "ndjson"): Promise<void> {
  const started = performance.now();
  const counts = { reads: 0, queries: 0 };
  const stores = { DB: databaseOf(state, counts), BUCKET: bucketOf(state, counts) };
  const wanted = [{ ...SERIES, finest: SERIES.timeframe }];
  const { parts } = await serveRange(
    stores,
    { ...PLAIN, wanted, start: FROM, end: TO, limit: 1 },
    TO,
  );
  const extra = { rolled: false, filled: false, indicators: [] };
  const writing = name === "csv" ? csvFormat(extra) : ndjsonFormat(extra);
  const body = streamPieces(writing, await startReading(parts), () => {});
  let [lines, bytes, heap, outside, rss] = [0, 0, 0, 0, 0];
  for await (const chunk of body) {
    bytes += chunk.length;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) {
      lines += 1;
    }
    const used = process.memoryUsage();
    heap = Math.max(heap, used.heapUsed);
    outside = Math.max(outside, used.external);
    rss = Math.max(rss, used.rss);
  }
  const rows = name === "csv" ? lines - 1 : lines;
  if (rows !== ROWS) {
    throw new Error(`${rows} candles instead of ${ROWS}`);
  }
  const [inHeap, beside, whole] = [heap, outside, rss].map((size) => (size / 2 ** 20).toFixed(0));
  process.stdout.write(
    `${name}: ${rows.toLocaleString("en")} candles, ${(bytes / 2 ** 20).toFixed(0)} MiB in ${seconds(started)}; ` +
      `${counts.queries} D1 queries, ${counts.reads} R2 reads; heap limited to ${HEAP_MB} MiB, ` +
      `most used ${inHeap} MiB, beside it ${beside} MiB, process ${whole} MiB\n`,
  );
}

/** As much of D1 as reading candles takes, over a file. */
function databaseOf(state: string, counts: { queries: number }): D1Database {
  const database = new DatabaseSync(`${state}/database`);
  return Object({
    prepare: (sql: string) => ({
      bind: (...values: (string | number)[]) => ({ sql, values }),
    }),
    async batch(statements: { sql: string; values: (string | number)[] }[]) {
      counts.queries += statements.length;
      return statements.map(({ sql, values }) => ({
        results: database.prepare(sql).all(...values),
        meta: { rows_read: 0, duration: 0 },
      }));
    },
  });
}

/** As much of R2 as reading candles takes, over a directory. */
function bucketOf(state: string, counts: { reads: number }): R2Bucket {
  const get = async (key: string, { range }: { range: { offset: number; length: number } }) => {
    counts.reads += 1;
    const bytes = readFileSync(`${state}/${key}`);
    const part = bytes.buffer.slice(
      bytes.byteOffset + range.offset,
      bytes.byteOffset + range.offset + range.length,
    );
    return { arrayBuffer: async () => part };
  };
  return Object({ get });
}

function seconds(started: number): string {
  return `${((performance.now() - started) / 1_000).toFixed(1)} s`;
}
