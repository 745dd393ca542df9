/**
 * Measures how fast candles are stored, ours beside the usual way and beside SQLite itself, and
 * prints a table. `node benchmarks/run.ts`
 */
import { cpus, totalmem } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { createTestHarness } from "wrangler";
import { CANDLES_PER_BATCH } from "./candles.ts";
import { measureNodeSqlite } from "./node-sqlite.ts";
import { formatTable, median } from "./table.ts";

const CANDLES = 100_000;
const RUNS = 5;
/** Before each run, so that it does not pay for what the one before left to the disk. */
const PAUSE_MS = 500;

/** One side of the comparison: rows a second of each run, and billed rows written a candle. */
interface Side {
  readonly name: string;
  readonly rowsPerSecond: number[];
  billed: number | undefined;
}

const consumer: Side = { name: "consumer, its real handler", rowsPerSecond: [], billed: undefined };
const usual: Side = { name: "(a) the usual way", rowsPerSecond: [], billed: undefined };
const sqlite: Side = { name: "(b) node:sqlite", rowsPerSecond: [], billed: undefined };

const harness = createTestHarness({
  workers: [{ configPath: `${import.meta.dirname}/store-worker/wrangler.jsonc` }],
});

async function ask(path: string): Promise<Record<string, unknown>> {
  const response = await harness.fetch(`http://bench${path}`);
  if (!response.ok) {
    throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  }
  return Object(await response.json());
}

async function measureWorker(side: Side, path: string): Promise<void> {
  await sleep(PAUSE_MS);
  const started = performance.now();
  const { rowsWritten } = await ask(path);
  side.rowsPerSecond.push(CANDLES / ((performance.now() - started) / 1_000));
  side.billed = Number(rowsWritten) / CANDLES;
}

async function measureAll(): Promise<void> {
  await harness.listen();
  await harness.getWorker().applyD1Migrations("DB");
  // A first, short run of each warms caches and compilers up.
  for (let run = 0; run <= RUNS; run += 1) {
    await ask(`/prepare?candles=${CANDLES}`);
    await measureWorker(consumer, "/consumer");
    await measureWorker(usual, "/usual");
    await sleep(PAUSE_MS);
    sqlite.rowsPerSecond.push(CANDLES / measureNodeSqlite(CANDLES));
    process.stdout.write(run === 0 ? "warmed up\n" : `run ${run} of ${RUNS}\n`);
  }
  for (const side of [consumer, usual, sqlite]) {
    side.rowsPerSecond.shift();
  }
}

function printTable(): void {
  const ours = median(consumer.rowsPerSecond);
  const rows = [consumer, usual, sqlite].map((side) => {
    const rate = median(side.rowsPerSecond);
    return [
      side.name,
      formatRate(rate),
      `${formatRate(Math.min(...side.rowsPerSecond))} to ${formatRate(Math.max(...side.rowsPerSecond))}`,
      side === consumer ? "" : `${(ours / rate).toFixed(2)} times`,
      side.billed === undefined ? "-" : side.billed.toFixed(2),
    ];
  });
  const [cpu] = cpus();
  process.stdout.write(
    `\n${CANDLES.toLocaleString("en")} candles a run, batches of ${CANDLES_PER_BATCH.toLocaleString("en")}, ` +
      `medians of ${RUNS}; ${cpus().length} × ${cpu?.model ?? "unknown"}, ` +
      `${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}\n\n`,
  );
  process.stdout.write(
    formatTable(
      [
        "",
        "candles a second",
        "slowest to fastest run",
        "consumer against it",
        "billed rows a candle",
      ],
      rows,
    ),
  );
}

function formatRate(rate: number): string {
  return Math.round(rate).toLocaleString("en");
}

try {
  await measureAll();
} finally {
  await harness.close();
}
printTable();
