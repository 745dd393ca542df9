/** A PostgreSQL server of the benchmark's own, in a folder that goes with it. */
import { execFileSync, spawnSync, type SpawnSyncOptions } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { candleValues, type Candle } from "@candlehouse/shared/core/candle";
import { decimalOf } from "@candlehouse/shared/core/decimal";
import { Client } from "pg";

/** Where Debian's package `postgresql` puts the programs of version 15. */
const BINARIES = "/usr/lib/postgresql/15/bin";
/** It listens on a socket in its own folder alone, so any number will do. */
const PORT = 5_432;

/** Why the benchmark goes without it, or undefined where it is there. */
export function missingPostgres(): string | undefined {
  return existsSync(join(BINARIES, "postgres"))
    ? undefined
    : `PostgreSQL 15 is not in ${BINARIES}: apt-get install postgresql`;
}

export interface Postgres {
  /** Folder of its socket. */
  readonly host: string;
  readonly port: number;
  readonly version: string;
  readonly pid: number;
  /** Adds `candles` of Binance's minutes of `symbol`. */
  store(symbol: string, candles: readonly Candle[]): Promise<void>;
  /** Orders the rows by the key, and counts what is where. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

/** The account that may run it: it refuses to run as root. */
function account(): { uid: number; gid: number } | undefined {
  return process.getuid?.() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : undefined;
}

function idOf(flag: "-u" | "-g"): number {
  return Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
}

/** Starts an empty one below `folder`, which its account can reach. */
export async function startPostgres(folder: string): Promise<Postgres> {
  const data = join(folder, "postgres");
  const cluster = join(data, "cluster");
  const run = startCluster(data, cluster);
  const client = new Client({ host: data, port: PORT, database: "bench", user: "bench" });
  // It would outlive us, whatever we end by.
  const halt = (): void => run("pg_ctl", "stop", "--mode", "immediate", "--pgdata", cluster);
  process.once("exit", halt);
  run("createdb", "--host", data, "--port", String(PORT), "--username", "bench", "bench");
  await client.connect();
  await client.query(TABLE);
  const { rows } = await client.query<{ server_version: string }>("SHOW server_version");
  return {
    host: data,
    port: PORT,
    version: rows[0]?.server_version ?? "unknown",
    pid: Number(readFileSync(join(cluster, "postmaster.pid"), "utf8").split("\n")[0]),
    store: async (symbol, candles) => {
      const file = join(data, "rows.csv");
      writeFileSync(file, candles.map((candle) => rowOf(symbol, candle)).join(""));
      await client.query(`COPY price_data FROM '${file}' (FORMAT csv)`);
    },
    settle: async () => {
      await client.query("CLUSTER price_data USING price_data_pkey");
      await client.query("VACUUM (ANALYZE) price_data");
    },
    stop: async () => {
      await client.end();
      process.off("exit", halt);
      run("pg_ctl", "stop", "--wait", "--mode", "fast", "--pgdata", cluster);
    },
  };
}

/** Makes and starts a cluster in `data`; returns what runs its programs. */
function startCluster(
  data: string,
  cluster: string,
): (program: string, ...parameters: string[]) => void {
  const owner = account();
  mkdirSync(data, { mode: 0o700 });
  if (owner !== undefined) {
    chownSync(data, owner.uid, owner.gid);
  }
  const run = (program: string, ...parameters: string[]): void => {
    const options: SpawnSyncOptions = { cwd: data, stdio: "pipe", ...owner };
    const { status, stderr } = spawnSync(join(BINARIES, program), parameters, options);
    if (status !== 0) {
      throw new Error(`${program} ended with ${status}: ${String(stderr)}`);
    }
  };
  run("initdb", "--pgdata", cluster, "--username", "bench", "--auth", "trust", "--locale", "C");
  // All rows and the index fit into its memory.
  const settings = `-k ${data} -p ${PORT} -c listen_addresses='' -c shared_buffers=1GB -c work_mem=64MB -c max_wal_size=4GB`;
  run("pg_ctl", "start", "--wait", "--pgdata", cluster, "-l", join(data, "log"), "-o", settings);
  return run;
}

function rowOf(symbol: string, candle: Candle): string {
  const values = candleValues(candle).map((value) => (value === null ? "" : decimalOf(value)));
  return `binance,${symbol},1m,${values.join(",")}\n`;
}

/** As its users keep exact prices. The key is the index that every question here asks for. */
const TABLE = `CREATE TABLE price_data (
  source text NOT NULL,
  symbol text NOT NULL,
  timeframe text NOT NULL,
  timestamp integer NOT NULL,
  open numeric NOT NULL,
  high numeric NOT NULL,
  low numeric NOT NULL,
  close numeric NOT NULL,
  volume_from numeric,
  volume_to numeric,
  trades integer,
  PRIMARY KEY (source, symbol, timeframe, timestamp)
)`;
