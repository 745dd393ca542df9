import {
  startSimulator,
  type Simulator,
  type SimulatorOptions,
} from "@candlehouse/exchange-simulator";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename } from "node:path";
import { shardOf } from "@candlehouse/shared/core/shard";
import type { SourceId } from "@candlehouse/shared/core/source";
import { createTestHarness, type TestHarness } from "wrangler";
import { databaseCount, readLocalConfig, writeLocalConfig } from "../scripts/local-config.ts";
import { bindingOf, shardStatement } from "../scripts/shard-config.ts";
import { sourceOf } from "../workers/producer/src/sources/registry.ts";

/** The first one gets the HTTP requests. */
const WORKERS = [
  "workers/query",
  "workers/producer",
  "workers/consumer",
  "workers/archiver",
  "workers/monitor",
] as const;

/** A queue message is consumed within this, or something is wrong. */
const DRAIN_MS_MAX = 60_000;
const POLL_MS = 50;

/** The real Workers, together in workerd with D1, R2, Queues and Durable Objects, and a simulator. */
export interface System {
  readonly simulator: Simulator;
  readonly harness: TestHarness;
  /** The first database, as the producer sees it: the only one, but where there are to be several. */
  readonly db: D1;
  /** All of them, the first one first. */
  readonly databases: readonly D1[];
  /** Asks the query Worker. */
  get(path: string): Promise<Answer>;
  /** Sends `body` as JSON, or as it is where it is text. */
  post(path: string, body: unknown): Promise<Answer>;
  /** Fires the producer's cron for the simulator's present minute; resolves when the tick ends. */
  tick(): Promise<void>;
  /** Waits until `isDone` says so, then returns what it returned. */
  until<Value>(what: string, isDone: () => Promise<Value | undefined>): Promise<Value>;
  /** Rows of a query. */
  rows<Row>(sql: string, ...values: readonly (string | number | null)[]): Promise<Row[]>;
  /** Adds series to collect. */
  addSeries(...series: readonly SeriesRow[]): Promise<void>;
  /** The events that the Workers have logged under this name. */
  events(name: string): Record<string, unknown>[];
  close(): Promise<void>;
}

/** An HTTP answer of the system. */
export type Answer = Awaited<ReturnType<TestHarness["fetch"]>>;

/** The parts of a D1 binding that the tests use; the harness hands it over as a proxy. */
interface D1 {
  prepare(sql: string): {
    bind(...values: readonly (string | number | null)[]): {
      all(): Promise<{ results: unknown[] }>;
      run(): Promise<unknown>;
    };
  };
}

export interface SeriesRow {
  readonly source: SourceId;
  readonly symbol: string;
  readonly timeframe: string;
  readonly tier?: number;
}

/**
 * Starts everything on free ports, with an empty database, or as many as the variable D1_SHARDS
 * says. Its queues do not wait for a batch to fill, unless they are to wait `batchTimeoutSeconds`.
 */
export async function startSystem(
  options: SimulatorOptions = {},
  variables: Readonly<Record<string, string>> = {},
  batchTimeoutSeconds = 0.1,
): Promise<System> {
  const simulator = await startSimulator(options);
  const directory = mkdtempSync(`${tmpdir()}/candlehouse-`);
  const harness = createTestHarness({
    workers: WORKERS.map((worker) => ({
      configPath: writeConfig(directory, worker, batchTimeoutSeconds, {
        SIMULATOR_URL: simulator.url,
        CRYPTOCOMPARE_API_KEY: "simulated",
        OPEN_WRITES: "local",
        CLOCK: clockOf(options, simulator),
        ...variables,
      }),
    })),
  });
  await harness.listen();
  const producer = harness.getWorker("candlehouse-producer");
  const env = await producer.getEnv();
  const count = databaseCount(variables);
  const databases = Array.from({ length: count }, (_, index) => env[bindingOf(index)] as D1);
  for (const [index, one] of databases.entries()) {
    await producer.applyD1Migrations(bindingOf(index));
    if (count > 1) {
      await one.prepare(shardStatement(index, count)).bind().run();
    }
  }
  const [db] = databases as [D1];
  const rowsIn = async <Row>(one: D1, sql: string, values: readonly (string | number | null)[]) => {
    const answer = await one
      .prepare(sql)
      .bind(...values)
      .all();
    return answer.results as Row[];
  };
  const rows = <Row>(sql: string, ...values: readonly (string | number | null)[]) =>
    rowsIn<Row>(db, sql, values);
  return {
    simulator,
    harness,
    db,
    databases,
    rows,
    get: (path) => harness.fetch(path),
    post: (path, body) =>
      harness.fetch(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    tick: async () => {
      const minuteMs = Math.floor(simulator.nowMs() / 60_000) * 60_000;
      await producer.scheduled({ cron: "* * * * *", scheduledTime: new Date(minuteMs) });
    },
    until,
    addSeries: async (...series) => {
      for (const { source, symbol, timeframe, tier = 1 } of series) {
        await rowsIn(
          databases[shardOf({ source, symbol, timeframe }, count)] ?? db,
          "INSERT INTO series (source, symbol, timeframe, native_symbol, tier) VALUES (?, ?, ?, ?, ?)",
          [source, symbol, timeframe, nameAt(source, symbol), tier],
        );
      }
    },
    events: (name) => eventsOf(harness, name),
    close: async () => {
      await harness.close();
      await simulator.close();
      rmSync(directory, { recursive: true });
    },
  };
}

/** The Workers' clock: the simulator's, where that runs; the real one, where it is moved by hand. */
function clockOf({ speed = 1 }: SimulatorOptions, simulator: Simulator): string {
  return speed === 0
    ? ""
    : JSON.stringify({ realMs: Date.now(), shownMs: simulator.nowMs(), speed });
}

/**
 * The Worker's own configuration, but with queues that wait as long as said. The Worker is bundled from
 * its source, unless CANDLEHOUSE_BUNDLES names a folder where the gate has just bundled all of them.
 */
function writeConfig(
  directory: string,
  worker: string,
  batchTimeoutSeconds: number,
  variables: Readonly<Record<string, string>>,
): string {
  const config = readLocalConfig(worker, variables);
  const consumers = config.queues?.consumers?.map((consumer) => ({
    ...consumer,
    max_batch_timeout: batchTimeoutSeconds,
  }));
  const queues = consumers === undefined ? {} : { queues: { ...config.queues, consumers } };
  const bundles = process.env["CANDLEHOUSE_BUNDLES"];
  const bundle =
    bundles === undefined
      ? {}
      : { main: `${bundles}/${basename(worker)}/index.js`, no_bundle: true };
  return writeLocalConfig(directory, { ...config, ...queues, ...bundle });
}

function nameAt(source: SourceId, symbol: string): string {
  const name = sourceOf(source).nativeSymbol(symbol);
  if (name === undefined) {
    throw new Error(`${source} does not have ${symbol}`);
  }
  return name;
}

async function until<Value>(
  what: string,
  isDone: () => Promise<Value | undefined>,
): Promise<Value> {
  for (const giveUpMs = Date.now() + DRAIN_MS_MAX; Date.now() < giveUpMs;) {
    const value = await isDone();
    if (value !== undefined) {
      return value;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`waited ${DRAIN_MS_MAX / 1_000} s in vain until ${what}`);
}

function eventsOf(harness: TestHarness, name: string): Record<string, unknown>[] {
  return harness.getLogs().flatMap(({ message }) => {
    const json = /\{"event":.*\}/.exec(message)?.[0];
    const event = json === undefined ? undefined : (JSON.parse(json) as Record<string, unknown>);
    return event?.["event"] === name ? [event] : [];
  });
}
