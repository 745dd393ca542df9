import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "jsonc-parser";
import { z } from "zod";
import { withDatabases } from "./shard-config.ts";

const root = new URL("../", import.meta.url).pathname;

/** The Workers of the local system. The first one gets the HTTP requests. */
const WORKERS = [
  "scripts/local-gateway",
  "workers/query",
  "workers/producer",
  "workers/consumer",
  "workers/archiver",
  "workers/monitor",
] as const;

/** The parts of a Wrangler configuration that name files or are set here. */
const configSchema = z.looseObject({
  name: z.string(),
  main: z.string(),
  vars: z.record(z.string(), z.string()).default({}),
  assets: z.looseObject({ directory: z.string() }).optional(),
  d1_databases: z
    .array(
      z.looseObject({
        database_name: z.string(),
        database_id: z.string(),
        migrations_dir: z.string(),
      }),
    )
    .optional(),
  queues: z
    .looseObject({
      consumers: z
        .array(z.looseObject({ queue: z.string(), max_batch_timeout: z.number() }))
        .optional(),
    })
    .optional(),
});

/** A Worker's own configuration with absolute paths and `variables` added. */
export type LocalConfig = z.infer<typeof configSchema>;

/**
 * The configuration of the Worker in `worker`, a folder of this repository, to be run elsewhere, with
 * as many databases as the variable D1_SHARDS says, one by default.
 */
export function readLocalConfig(
  worker: string,
  variables: Readonly<Record<string, string>>,
): LocalConfig {
  const config = readWorkerConfig(worker, variables);
  const [entry] = config.d1_databases ?? [];
  // The local D1 takes any text for an id, and makes a database of it; the first keeps its own.
  return withDatabases(config, databaseCount(variables), (name, index) =>
    index === 0 ? (entry?.database_id ?? name) : name,
  );
}

/** How many databases `variables` mean. */
export function databaseCount({ D1_SHARDS: count }: Readonly<Record<string, string>>): number {
  return count === undefined || count === "" ? 1 : Number(count);
}

function readWorkerConfig(
  worker: string,
  variables: Readonly<Record<string, string>>,
): LocalConfig {
  const directory = `${root}${worker}`;
  const config = configSchema.parse(parse(readFileSync(`${directory}/wrangler.jsonc`, "utf8")));
  const absolute = (path: string): string => resolve(directory, path);
  return {
    ...config,
    main: absolute(config.main),
    vars: { ...config.vars, ...variables },
    ...(config.assets === undefined
      ? {}
      : { assets: { ...config.assets, directory: absolute(config.assets.directory) } }),
    ...(config.d1_databases === undefined
      ? {}
      : {
          d1_databases: config.d1_databases.map((database) => ({
            ...database,
            migrations_dir: absolute(database.migrations_dir),
          })),
        }),
  };
}

/** Writes `config` to a folder of its own below `directory`; returns the file's absolute path. */
export function writeLocalConfig(directory: string, config: LocalConfig): string {
  const target = resolve(directory, config.name);
  mkdirSync(target, { recursive: true });
  const file = `${target}/wrangler.json`;
  // The variables may hold API keys.
  writeFileSync(file, JSON.stringify(config, undefined, 2), { mode: 0o600 });
  return file;
}

/**
 * Writes the configurations of the local system, since `wrangler dev` hands variables of the
 * command line to its first Worker alone. Returns the files' absolute paths, the Worker that gets
 * the HTTP requests first.
 */
export function writeLocalConfigs(
  stateDirectory: string,
  variables: Readonly<Record<string, string>>,
): string[] {
  return WORKERS.map((worker) =>
    writeLocalConfig(`${stateDirectory}/workers`, readLocalConfig(worker, variables)),
  );
}
