/** Runs the Workers of this project on this machine, on workerd's own D1, R2, Queues and cron. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { expandFleet, seedStatement } from "../workers/producer/src/fleet.ts";
import { writeLocalConfigs } from "./local-config.ts";

const root = new URL("../", import.meta.url).pathname;
const wrangler = `${root}node_modules/wrangler/bin/wrangler.js`;

/** A cold start takes some ten seconds; on a machine with other work, several times as long. */
const READY_MS_MAX = 120_000;
const POLL_MS = 250;
/** A stop that takes longer is made one. */
const STOP_MS_MAX = 5_000;

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
  /** Ends every process that was started. */
  stop(): Promise<void>;
  /** Resolves with a sentence when the Workers end by themselves. */
  readonly ended: Promise<string>;
}

/** Applies the migrations and adds the series of the fleet file that are not there yet. */
export function prepareDatabase(stateDirectory: string): void {
  mkdirSync(stateDirectory, { recursive: true });
  runWrangler(["d1", "migrations", "apply", "candlehouse"], stateDirectory);
  const fleet: unknown = JSON.parse(readFileSync(`${root}workers/producer/fleet.json`, "utf8"));
  const seedFile = `${stateDirectory}/series.sql`;
  writeFileSync(seedFile, seedStatement(expandFleet(fleet)));
  runWrangler(["d1", "execute", "candlehouse", "--yes", "--file", seedFile], stateDirectory);
}

function runWrangler(command: readonly string[], stateDirectory: string): void {
  const result = spawnSync(
    process.execPath,
    [
      wrangler,
      ...command,
      "--local",
      "--persist-to",
      stateDirectory,
      "--config",
      `${root}workers/producer/wrangler.jsonc`,
    ],
    { cwd: root, encoding: "utf8", env: wranglerEnvironment() },
  );
  if (result.status !== 0) {
    throw new Error(`wrangler ${command.join(" ")} failed:\n${result.stdout}${result.stderr}`);
  }
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

/** Starts the Workers; resolves when they answer. Throws a sentence where they do not. */
export async function startLocalSystem(settings: LocalSettings): Promise<LocalSystem> {
  const { port, stateDirectory, variables, onLine } = settings;
  const configs = writeLocalConfigs(stateDirectory, variables);
  const child = spawn(
    process.execPath,
    [
      wrangler,
      "dev",
      ...configs.flatMap((config) => ["--config", config]),
      "--persist-to",
      stateDirectory,
      "--ip",
      "127.0.0.1",
      "--port",
      String(port),
      "--show-interactive-dev-session",
      "false",
    ],
    // A process group of its own: wrangler's children end with it, and Ctrl-C reaches us first.
    { cwd: root, env: wranglerEnvironment(), stdio: ["ignore", "pipe", "pipe"], detached: true },
  );
  const output = createWriteStream(`${stateDirectory}/workers.log`);
  for (const stream of [child.stdout, child.stderr]) {
    stream.pipe(output, { end: false });
    createInterface({ input: stream }).on("line", onLine);
  }
  const ended = new Promise<string>((resolve) => {
    child.on("exit", (code, signal) => resolve(`the Workers ended (${signal ?? `code ${code}`})`));
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    await waitUntilReady(url, ended, `${stateDirectory}/workers.log`);
  } catch (error) {
    await stopGroup(child);
    throw error;
  }
  return { url, ended, tick: (timeMs) => fireTick(url, timeMs), stop: () => stopGroup(child) };
}

async function waitUntilReady(url: string, ended: Promise<string>, log: string): Promise<void> {
  let end: string | undefined;
  void ended.then((sentence) => {
    end = sentence;
  });
  for (const giveUpMs = Date.now() + READY_MS_MAX; Date.now() < giveUpMs;) {
    if (end !== undefined) {
      throw new Error(`${end} before they were ready; ${log} says why`);
    }
    const response = await fetch(`${url}/health`).catch(() => undefined);
    if (response?.ok === true) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`the Workers were not ready after ${READY_MS_MAX / 1_000} s; ${log} says why`);
}

async function fireTick(url: string, timeMs: number): Promise<void> {
  const response = await fetch(`${url}/__tick?time=${timeMs}`, { method: "POST" });
  if (!response.ok) {
    throw new Error(
      `the tick of ${new Date(timeMs).toISOString()} failed: ${await response.text()}`,
    );
  }
}

/** Ends the process group of `child`: politely, then not. */
async function stopGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
    signalGroup(child, "SIGKILL");
    return;
  }
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  signalGroup(child, "SIGTERM");
  const late = setTimeout(() => signalGroup(child, "SIGKILL"), STOP_MS_MAX);
  await exited;
  clearTimeout(late);
  // What the leader left behind, if anything.
  signalGroup(child, "SIGKILL");
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-(pid ?? Number.NaN), signal);
  } catch (error) {
    // ESRCH: nobody is left in the group, which is what was wanted.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) {
      throw error;
    }
  }
}
