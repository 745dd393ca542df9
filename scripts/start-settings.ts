import { statSync } from "node:fs";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { SHARDS_MAX } from "../packages/shared/src/core/shard.ts";

export const USAGE = `npm start [-- --live]

  --live          collect from the exchanges themselves, not from the simulator
  --help          this text

  PORT            where to listen on 127.0.0.1; default 8787
  STATE_DIR       where everything is kept; default .candlehouse, with --live .candlehouse-live,
                  with RECORDINGS .candlehouse-recordings
  RECORDINGS      folder of recorded candles for the simulator; default a seeded random market
  START           with RECORDINGS: simulated time of the first start, ISO 8601; default its begin
  D1_SHARDS       databases over which series are spread; default 1. It stays as the first start
                  had it
  SPEED           simulated seconds per real second; default 1
  ALERT_WEBHOOKS  webhooks that are told of alerts, JSON; see docs/alerts.md
  CRYPTOCOMPARE_API_KEY, COINGECKO_API_KEY,
  MASSIVE_API_KEY, FINNHUB_API_KEY   keys for --live`;

/** Settings that hold the key of a source. */
const KEY_NAMES = [
  "CRYPTOCOMPARE_API_KEY",
  "COINGECKO_API_KEY",
  "MASSIVE_API_KEY",
  "FINNHUB_API_KEY",
];

const SPEED_MAX = 60;

/** What `npm start` was asked for. */
export interface StartSettings {
  readonly isHelp: boolean;
  readonly isLive: boolean;
  readonly port: number;
  /** Absolute path. */
  readonly stateDirectory: string;
  /** Simulated seconds per real second. */
  readonly speed: number;
  /** Folder of recorded candles; a seeded market where there is none. */
  readonly recordings: string | undefined;
  /** Simulated time of the first start; unix milliseconds. */
  readonly startMs: number | undefined;
  /** Databases over which series are spread. */
  readonly databases: number;
  /** Webhooks that are told of alerts, as the monitor reads them; none where it is empty. */
  readonly webhooks: string;
  /** Keys of the exchanges themselves, by the name of their variable. */
  readonly keys: Readonly<Record<string, string>>;
}

/** Reads the command line and the environment. Throws a sentence with the offending value. */
export function readSettings(
  commandLine: readonly string[],
  environment: NodeJS.ProcessEnv,
): StartSettings {
  const { values } = parseArgs({
    args: [...commandLine],
    options: { live: { type: "boolean" }, help: { type: "boolean" } },
  });
  // A variable that is set to nothing counts as not set.
  const given = (name: string): string | undefined => environment[name] || undefined;
  const isLive = values.live === true;
  if (isLive && (given("RECORDINGS") ?? given("SPEED")) !== undefined) {
    throw new Error("RECORDINGS and SPEED are for the simulator: leave them out with --live");
  }
  const keys = KEY_NAMES.flatMap((name) => {
    const key = given(name);
    return key === undefined ? [] : [[name, key]];
  });
  return {
    isHelp: values.help === true,
    isLive,
    port: readPort(given("PORT") ?? "8787"),
    stateDirectory: resolve(given("STATE_DIR") ?? defaultDirectory(isLive, given("RECORDINGS"))),
    speed: readSpeed(given("SPEED") ?? "1"),
    recordings: readFolder(given("RECORDINGS")),
    startMs: readTime(given("START")),
    databases: readCount(given("D1_SHARDS") ?? "1"),
    webhooks: given("ALERT_WEBHOOKS") ?? "",
    keys: Object.fromEntries(keys),
  };
}

/** Candles of different markets are never kept in one place. */
function defaultDirectory(isLive: boolean, recordings: string | undefined): string {
  if (isLive) {
    return ".candlehouse-live";
  }
  return recordings === undefined ? ".candlehouse" : ".candlehouse-recordings";
}

function readPort(text: string): number {
  const port = Number(text);
  if (!(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
    throw new Error(`PORT ${text} is not allowed: a whole number from 1 to 65535`);
  }
  return port;
}

function readCount(text: string): number {
  const count = Number(text);
  if (!(Number.isInteger(count) && count >= 1 && count <= SHARDS_MAX)) {
    throw new Error(`D1_SHARDS ${text} is not allowed: a whole number from 1 to ${SHARDS_MAX}`);
  }
  return count;
}

function readSpeed(text: string): number {
  const speed = Number(text);
  if (!(speed > 0 && speed <= SPEED_MAX)) {
    throw new Error(`SPEED ${text} is not allowed: more than 0, at most ${SPEED_MAX}`);
  }
  return speed;
}

function readFolder(path: string | undefined): string | undefined {
  if (path !== undefined && statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new Error(`RECORDINGS ${path} is not a folder`);
  }
  return path;
}

function readTime(text: string | undefined): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  const timeMs = Date.parse(text);
  if (Number.isNaN(timeMs)) {
    throw new Error(`START ${text} is not a time: give ISO 8601, such as 2023-03-20T00:00:00Z`);
  }
  return timeMs;
}

/** Whether nothing listens on `port` of 127.0.0.1. */
export async function isPortFree(port: number): Promise<boolean> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? done(false) : fail(error),
    );
    server.listen({ host: "127.0.0.1", port }, () => server.close(() => done(true)));
  });
}

/** Throws a sentence where something listens on `port` already. */
export async function assertPortIsFree(port: number): Promise<void> {
  if (!(await isPortFree(port))) {
    throw new Error(`PORT ${port} is in use by another program: stop it, or set PORT to another`);
  }
}
