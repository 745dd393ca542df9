/**
 * Measures how fast candles are stored, ours beside the usual way and beside SQLite itself, and
 * prints a table. `node benchmarks/run.ts store`
 */
import { cpus, totalmem } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { createTestHarness } from "wrangler";
import { CANDLES_PER_BATCH } from "./candles.ts";
import { measureNodeSqlite } from "./node-sqlite.ts";
import { formatTable, median } from "./table.ts";
import { measureTrigger, TRIGGER_RUN_CANDLES } from "./trigger.ts";

const CANDLES = 100_000;
const RUNS = 5;
const TRIGGER_RUNS = 3;
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
  await ask(`/prepare${path}?candles=${CANDLES}`);
  await sleep(PAUSE_MS);
  const started = performance.now();
  const { rowsWritten } = await ask(path);
  side.rowsPerSecond.push(CANDLES / ((performance.now() - started) / 1_000));
  side.billed = Number(rowsWritten) / CANDLES;
}

async function measureSqlite(): Promise<void> {
  await sleep(PAUSE_MS);
  sqlite.rowsPerSecond.push(CANDLES / measureNodeSqlite(CANDLES));
}

/** One side after the other: alternating, each would pay for what the other left to the disk. */
async function measureSide(side: Side, measureOnce: () => Promise<void>): Promise<void> {
  process.stdout.write(`${side.name}: `);
  for (let run = 0; run <= RUNS; run += 1) {
    await measureOnce();
    process.stdout.write(run === 0 ? "warmed up" : `, ${run}`);
  }
  // The first run has warmed caches and compilers up.
  side.rowsPerSecond.shift();
  process.stdout.write("\n");
}

async function measureAll(): Promise<void> {
  await harness.listen();
  await harness.getWorker().applyD1Migrations("DB");
  await measureSide(usual, () => measureWorker(usual, "/usual"));
  await measureSide(consumer, () => measureWorker(consumer, "/consumer"));
  await measureSide(sqlite, measureSqlite);
}

/** Candles a second through the whole system, of each run. */
async function measureTriggers(): Promise<number[]> {
  const candlesPerSecond: number[] = [];
  for (let run = 0; run <= TRIGGER_RUNS; run += 1) {
    candlesPerSecond.push(TRIGGER_RUN_CANDLES / (await measureTrigger()));
    process.stdout.write(
      run === 0 ? "trigger warmed up\n" : `trigger run ${run} of ${TRIGGER_RUNS}\n`,
    );
  }
  return candlesPerSecond.slice(1);
}

function printTriggers(candlesPerSecond: readonly number[]): void {
  const rates = candlesPerSecond.map((rate) => Math.round(rate).toLocaleString("en"));
  process.stdout.write(
    `\nFrom POST /trigger to the drained queue, ${TRIGGER_RUN_CANDLES.toLocaleString("en")} candles a run, ` +
      `median of ${TRIGGER_RUNS}: ${Math.round(median(candlesPerSecond)).toLocaleString("en")} candles a second ` +
      `(${rates.join(", ")})\n`,
  );
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
printTriggers(await measureTriggers());
