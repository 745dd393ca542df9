/** Runs the Workers of this project on this machine, on workerd's own D1, R2, Queues and cron. */
import { spawn } from "node:child_process";
import { createWriteStream, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import { expandFleet, seedStatement } from "../workers/producer/src/fleet.ts";
import { readLocalConfig, writeLocalConfig, writeLocalConfigs } from "./local-config.ts";
import { databaseNames, shardStatement } from "./shard-config.ts";

const root = new URL("../", import.meta.url).pathname;
const wrangler = `${root}node_modules/wrangler/bin/wrangler.js`;

/** A cold start takes some ten seconds; on a machine with other work, several times as long. */
const READY_MS_MAX = 120_000;
const POLL_MS = 250;
/** How long what wrangler said last is waited for. */
const LAST_WORDS_MS = 1_000;

/**
 * What wrangler says when workerd dies. It starts another one, but what stood in the queue is gone
 * with the first; a crash that nobody sees is worse than an end.
 */
const CRASH_PATTERN = /runtime crashed unexpectedly/;
/** Wrangler waits for a better build; a start does not. */
const BUILD_FAILURE_PATTERN = /Build failed with/;
/** What wrangler says of why it ends. */
const ERROR_PATTERN = /\[ERROR\] *(.+)/;

/** What the Workers are told beside their own configuration. */
export interface LocalSettings {
  readonly port: number;
  /** Where D1, R2 and Durable Objects live between starts. */
  readonly stateDirectory: string;
  /** Variables and secrets of all Workers. */
  readonly variables: Readonly<Record<string, string>>;
  /** Gets each line that the Workers log. */
  readonly onLine: (line: string) => void;
}

export interface LocalSystem {
  readonly url: string;
  /** Fires the cron for the minute `timeMs`; resolves when the tick has ended. */
  tick(timeMs: number): Promise<void>;
  /** Resolves with a sentence when the Workers end by themselves. */
  readonly ended: Promise<string>;
}

/**
 * Applies the migrations and adds the series of the fleet file that are not there yet, to each of
 * `count` databases its own.
 */
export async function prepareDatabase(stateDirectory: string, count = 1): Promise<void> {
  const fleet: unknown = JSON.parse(readFileSync(`${root}workers/producer/fleet.json`, "utf8"));
  const series = expandFleet(fleet);
  const producer = readLocalConfig("workers/producer", { D1_SHARDS: String(count) });
  const config = writeLocalConfig(`${stateDirectory}/prepare`, producer);
  for (const [index, name] of databaseNames("candlehouse", count).entries()) {
    const seedFile = `${stateDirectory}/series.sql`;
    const mark = count === 1 ? "" : `${shardStatement(index, count)};\n`;
    writeFileSync(seedFile, `${mark}${seedStatement(series, index, count)}`);
    const run = (command: readonly string[]) => runWrangler(command, stateDirectory, config);
    await run(["d1", "migrations", "apply", name]);
    await run(["d1", "execute", name, "--yes", "--file", seedFile]);
  }
}

async function runWrangler(
  command: readonly string[],
  stateDirectory: string,
  config: string,
): Promise<void> {
  const child = spawnWrangler([
    ...command,
    "--local",
    "--persist-to",
    stateDirectory,
    "--config",
    config,
  ]);
  const pieces: Buffer[] = [];
  child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
  child.stderr.on("data", (piece: Buffer) => pieces.push(piece));
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0) {
    throw new Error(`wrangler ${command.join(" ")} failed:\n${Buffer.concat(pieces).toString()}`);
  }
}

/** Runs wrangler in a process group of its own: Ctrl-C reaches us alone, and we end it. */
function spawnWrangler(wranglerArguments: readonly string[]) {
  return spawn(process.execPath, [wrangler, ...wranglerArguments], {
    cwd: root,
    env: wranglerEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
}

function wranglerEnvironment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    // Nothing is asked on the terminal, sent home or fetched from Cloudflare.
    CI: "true",
    WRANGLER_SEND_METRICS: "false",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    FORCE_COLOR: "0",
  };
}

/**
 * Forgets which runs of Workflows there were. The local engine never goes on with one that a stop
 * interrupted, yet tells that it runs, so that nobody would start it again. Each can be: the archive
 * does not depend on what a run remembers.
 */
function forgetWorkflows(stateDirectory: string): void {
  rmSync(`${stateDirectory}/v3/workflows`, { recursive: true, force: true });
}

/**
 * Starts the Workers; resolves when they answer. Throws a sentence where they do not. Whoever
 * calls it ends the processes: they descend from this one.
 */
export async function startLocalSystem(settings: LocalSettings): Promise<LocalSystem> {
  const { port, stateDirectory, variables, onLine } = settings;
  forgetWorkflows(stateDirectory);
  const configs = writeLocalConfigs(stateDirectory, variables);
  const child = spawnWrangler([
    "dev",
    ...configs.flatMap((config) => ["--config", config]),
    "--persist-to",
    stateDirectory,
    "--ip",
    "127.0.0.1",
    "--port",
    String(port),
    // Any free one: of two systems that look for the usual one at the same time, the second ends.
    "--inspector-port",
    "0",
    "--show-interactive-dev-session",
    "false",
  ]);
  const logFile = `${stateDirectory}/workers.log`;
  const log = createWriteStream(logFile);
  let isReady = false;
  let lastError = "";
  const ended = new Promise<string>((resolve) => {
    child.on("exit", (code, signal) => {
      const tell = () => resolve(`the Workers ended (${signal ?? `code ${code}`})${lastError}`);
      // What it said last may not have been read yet; what it leaves behind may hold its output open.
      child.once("close", tell);
      setTimeout(tell, LAST_WORDS_MS);
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.pipe(log, { end: false });
      createInterface({ input: stream }).on("line", (line) => {
        onLine(line);
        const [, error] = ERROR_PATTERN.exec(stripVTControlCharacters(line)) ?? [];
        lastError = error === undefined ? lastError : `: ${error.replace(/\.$/, "")}`;
        if (CRASH_PATTERN.test(line)) {
          resolve("the Workers' runtime (workerd) crashed");
        }
        if (!isReady && BUILD_FAILURE_PATTERN.test(line)) {
          resolve("the Workers cannot be built");
        }
      });
    }
  }).then((sentence) => `${sentence}; ${logFile} says more`);
  const url = `http://127.0.0.1:${port}`;
  await Promise.race([waitUntilReady(url, logFile), ended.then(fail)]);
  isReady = true;
  return { url, ended, tick: (timeMs) => fireTick(url, timeMs) };
}

function fail(sentence: string): never {
  throw new Error(sentence);
}

async function waitUntilReady(url: string, logFile: string): Promise<void> {
  for (const giveUpMs = Date.now() + READY_MS_MAX; Date.now() < giveUpMs;) {
    const response = await fetch(`${url}/health`).catch(() => undefined);
    if (response?.ok === true) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(
    `the Workers were not ready after ${READY_MS_MAX / 1_000} s; ${logFile} says why`,
  );
}

async function fireTick(url: string, timeMs: number): Promise<void> {
  const headers = { "x-candlehouse-tick": "1" };
  const response = await fetch(`${url}/__tick?time=${timeMs}`, { method: "POST", headers });
  if (!response.ok) {
    throw new Error(
      `the tick of ${new Date(timeMs).toISOString()} failed: ${await response.text()}`,
    );
  }
}
