/**
 * Measures how fast candles are served, ours beside DuckDB and PostgreSQL behind the simplest
 * server, and prints tables. `node benchmarks/run.ts serve`
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import type { Series } from "@candlehouse/shared/core/series";
import { startCandlehouse, type Candlehouse } from "./candlehouse.ts";
import { CACHED_DAY, CASES, type Case } from "./cases.ts";
import { readCandles, roundToDoubles } from "./compare.ts";
import { downloadArchive, writeFiles } from "./files.ts";
import { getText } from "./get-text.ts";
import { HOT_FROM, minutesOf, SYMBOLS } from "./market.ts";
import { measureSides, printMeasured } from "./measure.ts";
import { startPeer } from "./peer.ts";
import { missingPostgres, startPostgres, type Postgres } from "./postgres.ts";

const CONNECTIONS = [1, 10];

/** One that is asked. */
interface System {
  readonly name: string;
  readonly url: string;
  readonly processes: readonly number[];
  readonly isOurs: boolean;
  /** Whether its numbers are doubles. */
  readonly isDouble: boolean;
}

const folder = mkdtempSync(join(tmpdir(), "candlehouse-serve-"));
// PostgreSQL runs under an account of its own, which may pass through.
chmodSync(folder, 0o755);
const parquet = join(folder, "parquet");
const closing: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true })];
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(1));
}
try {
  await measureAll();
} catch (error) {
  // Said at once: what is closed afterwards may fail for the same reason.
  process.stderr.write(`${inspect(error)}\n`);
  process.exitCode = 1;
} finally {
  for (const close of closing.toReversed()) {
    await close();
  }
}

async function measureAll(): Promise<void> {
  const [cpu] = cpus();
  process.stdout.write(
    `${cpus().length} × ${cpu?.model ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, ` +
      `Node ${process.version}\n`,
  );
  const house = await startCandlehouse(join(folder, "worker"));
  closing.push(() => house.close());
  const systems = [
    { name: "Candlehouse", url: house.url, processes: [house.pid], isOurs: true, isDouble: false },
    ...(await startPeers(house)),
  ];
  for (const one of CASES) {
    await assertSame(systems, one);
  }
  for (const connections of CONNECTIONS) {
    for (const one of CASES) {
      await measureCase(systems, one, connections);
    }
  }
  await measureCached(house);
  await measureNothing(house, systems);
}

/** Fills all systems and starts the peers' servers. */
async function startPeers(house: Candlehouse): Promise<System[]> {
  const missing = missingPostgres();
  const postgres = missing === undefined ? await startPostgres(folder) : undefined;
  if (postgres !== undefined) {
    closing.push(() => postgres.stop());
  }
  await fill(house, postgres);
  const duckdb = await startPeer("duckdb-server.ts", parquet);
  closing.push(() => duckdb.close());
  const { url, pid } = duckdb;
  const systems = [{ name: "DuckDB", url, processes: [pid], isOurs: false, isDouble: true }];
  if (postgres === undefined) {
    process.stdout.write(`without PostgreSQL: ${missing}\n`);
    return systems;
  }
  const peer = await startPeer("postgres-server.ts", postgres.host, String(postgres.port));
  closing.push(() => peer.close());
  const name = `PostgreSQL ${postgres.version.split(" ")[0]}`;
  const processes = [peer.pid, postgres.pid];
  return [...systems, { name, url: peer.url, processes, isOurs: false, isDouble: false }];
}

async function fill(house: Candlehouse, postgres: Postgres | undefined): Promise<void> {
  const started = performance.now();
  let candles = 0;
  for (const symbol of SYMBOLS) {
    const series: Series = { source: "binance", symbol, timeframe: "1m" };
    const minutes = minutesOf(symbol);
    candles += minutes.length;
    await house.store(series, minutes);
    await postgres?.store(symbol, minutes);
    const hot = minutes.filter(({ timestamp }) => timestamp >= HOT_FROM);
    writeFiles(parquet, series, hot);
  }
  const files = await downloadArchive(house.url, parquet);
  await postgres?.settle();
  const seconds = Math.round((performance.now() - started) / 1_000);
  process.stdout.write(
    `${candles.toLocaleString("en")} candles of ${SYMBOLS.length} series in each system, ` +
      `the cold ones in ${files} files; filled in ${seconds} s\n`,
  );
}

function pathOf(system: System, one: Case, turn: number): string {
  const { ours, peer } = one.paths(turn);
  return system.isOurs ? ours : peer;
}

/** Throws where the systems do not answer the same candles. */
async function assertSame(systems: readonly System[], one: Case): Promise<void> {
  const answers = await Promise.all(
    systems.map(async (system) => {
      const text = await getText(system.url + pathOf(system, one, 1));
      return { ...system, candles: readCandles(text) };
    }),
  );
  const [ours] = answers;
  if (ours?.candles.length !== one.candles) {
    throw new Error(`${one.name}: ${ours?.candles.length} candles, not ${one.candles}`);
  }
  for (const { name, isDouble, candles } of answers) {
    const same = isDouble
      ? roundToDoubles(ours.candles).join() === roundToDoubles(candles).join()
      : ours.candles.join() === candles.join();
    if (!same) {
      throw new Error(`${one.name}: ${name} answers other candles than Candlehouse`);
    }
  }
}

async function measureCase(
  systems: readonly System[],
  one: Case,
  connections: number,
): Promise<void> {
  const sides = systems.map((system) => {
    let turn = 0;
    const nextPath = (): string => pathOf(system, one, turn++);
    return { ...system, connections, nextPath };
  });
  const measured = await measureSides(sides);
  printMeasured(
    `${one.name}: ${one.candles.toLocaleString("en")} candles; connections: ${connections}`,
    measured,
  );
}

/** A settled day that is asked for again and again, beside days that never were. */
async function measureCached({ url, pid }: Candlehouse): Promise<void> {
  const [, cold] = CASES;
  let turn = 1_000_000;
  // As autocannon asks: each encoding has an entity tag of its own.
  const headers = { "accept-encoding": "identity" };
  const response = await fetch(new URL(CACHED_DAY, url), { headers });
  const etag = response.headers.get("etag") ?? "";
  await response.arrayBuffer();
  const side = { url, processes: [pid], connections: 1 };
  const measured = await measureSides([
    { ...side, name: "asked for before", nextPath: () => CACHED_DAY },
    {
      ...side,
      name: "asked for before, the client has it (304)",
      headers: { "if-none-match": etag },
      status: 304,
      nextPath: () => CACHED_DAY,
    },
    { ...side, name: "never asked for before", nextPath: () => cold?.paths(turn++).ours ?? "" },
  ]);
  printMeasured("A settled day, cached and not", measured);
}

/** What an answer with nothing in it takes: HTTP, and the runtime's way to the Worker. */
async function measureNothing(house: Candlehouse, systems: readonly System[]): Promise<void> {
  const nothing = { connections: 1, nextPath: () => "/nothing" };
  const sides = systems.map((system) => ({
    ...system,
    ...nothing,
    status: system.isOurs ? 404 : 200,
  }));
  const entry = {
    ...nothing,
    name: "Candlehouse, by way of the local runtime's entry",
    url: house.entryUrl,
    processes: [house.pid],
    status: 404,
  };
  printMeasured("Nothing at all", await measureSides([...sides, entry]));
}
