import { mkdirSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { readLocalConfig } from "../local-config.ts";
import { withDatabases } from "../shard-config.ts";
import {
  nameIn,
  workDirectory,
  WORKERS,
  type Additions,
  type Environment,
  type WorkerId,
} from "./environment.ts";

/** The parts of a Wrangler configuration that name what belongs to an environment. */
const configSchema = z.looseObject({
  name: z.string(),
  main: z.string(),
  vars: z.record(z.string(), z.string()).default({}),
  d1_databases: z
    .array(
      z.looseObject({
        binding: z.string(),
        database_name: z.string(),
        database_id: z.string(),
        migrations_dir: z.string(),
      }),
    )
    .default([]),
  r2_buckets: z.array(z.looseObject({ bucket_name: z.string() })).default([]),
  services: z.array(z.looseObject({ service: z.string() })).default([]),
  workflows: z.array(z.looseObject({ name: z.string() })).default([]),
  queues: z
    .strictObject({
      producers: z.array(z.looseObject({ queue: z.string() })).default([]),
      consumers: z
        .array(z.looseObject({ queue: z.string(), dead_letter_queue: z.string().optional() }))
        .default([]),
    })
    .default({ producers: [], consumers: [] }),
  routes: z.array(z.unknown()).optional(),
});

/** Members that say something of the file itself. */
const OWN_MEMBERS = ["$schema"];

/** Variables that a deployment sets itself, and what it makes them of. */
const OWN_VARIABLES: ReadonlyMap<string, string> = new Map([
  ["D1_SHARDS", "`databases`"],
  ["QUEUE_SUFFIX", "the environment's name"],
]);

/** A Worker's configuration, as far as a deployment knows it. */
export type WorkerConfig = z.infer<typeof configSchema>;

/** The id of the database with this name. */
export type DatabaseIdOf = (databaseName: string) => string;

/** Each Worker's wrangler.jsonc, with absolute paths. */
export function readWorkerConfigs(): ReadonlyMap<WorkerId, WorkerConfig> {
  return new Map(
    WORKERS.map((worker) => {
      const members = Object.entries(readLocalConfig(`workers/${worker}`, {}));
      const config = members.filter(([name]) => !OWN_MEMBERS.includes(name));
      return [worker, configSchema.parse(Object.fromEntries(config))];
    }),
  );
}

/**
 * The configurations of an environment, made of the one that each Worker has: wrangler's own named
 * environments inherit no binding, so that each would stand there twice. Throws a sentence where a
 * setting names a variable that no Worker has, or that is made of another setting.
 */
export function configureWorkers(
  configs: ReadonlyMap<WorkerId, WorkerConfig>,
  environment: Environment,
  idOf: DatabaseIdOf,
): Map<WorkerId, WorkerConfig> {
  assertVariables(configs, environment);
  return new Map(
    [...configs].map(([worker, config]) => [
      worker,
      configureWorker(config, worker, environment, idOf),
    ]),
  );
}

function assertVariables(
  configs: ReadonlyMap<WorkerId, WorkerConfig>,
  { name: environment, settings }: Environment,
): void {
  const names = Object.keys(settings.variables);
  const own = names.find((name) => OWN_VARIABLES.has(name));
  if (own !== undefined) {
    throw new Error(
      `deployment/${environment}.json sets ${own} as a variable, but it follows from ${OWN_VARIABLES.get(own)}: leave it out`,
    );
  }
  const known = new Set([...configs.values()].flatMap(({ vars }) => Object.keys(vars)));
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) {
    const settable = [...known].filter((name) => !OWN_VARIABLES.has(name)).toSorted();
    throw new Error(
      `deployment/${environment}.json sets ${unknown}, a variable that no Worker has; there are ${settable.join(", ")}`,
    );
  }
}

function configureWorker(
  config: WorkerConfig,
  worker: WorkerId,
  environment: Environment,
  idOf: DatabaseIdOf,
): WorkerConfig {
  const named = (name: string): string => nameIn(environment, name);
  const { url, variables, workers, databases } = environment.settings;
  const all = { ...(url === undefined ? {} : { PUBLIC_URL: url }), ...variables };
  const own = Object.entries(all).filter(([name]) => name in config.vars);
  // Queues of an environment are told from those of another one by the end of their name.
  const suffix = "QUEUE_SUFFIX" in config.vars ? { QUEUE_SUFFIX: named("") } : {};
  const renamed: WorkerConfig = {
    ...config,
    name: named(config.name),
    vars: { ...config.vars, ...Object.fromEntries(own), ...suffix },
    d1_databases: config.d1_databases.map((database) => ({
      ...database,
      database_name: named(database.database_name),
    })),
    r2_buckets: config.r2_buckets.map((bucket) => ({
      ...bucket,
      bucket_name: named(bucket.bucket_name),
    })),
    services: config.services.map((service) => ({ ...service, service: named(service.service) })),
    workflows: config.workflows.map((workflow) => ({ ...workflow, name: named(workflow.name) })),
    queues: {
      producers: config.queues.producers.map((each) => ({ ...each, queue: named(each.queue) })),
      consumers: config.queues.consumers.map((each) => ({
        ...each,
        queue: named(each.queue),
        ...(each.dead_letter_queue === undefined
          ? {}
          : { dead_letter_queue: named(each.dead_letter_queue) }),
      })),
    },
  };
  return withDatabases(withAdditions(renamed, workers[worker] ?? {}), databases, idOf);
}

/** Lists are appended and objects merged, so that an environment repeats nothing. */
function withAdditions(config: WorkerConfig, additions: Additions): WorkerConfig {
  const merged = Object.entries(additions).map(([name, added]) => {
    const present: unknown = config[name];
    if (Array.isArray(added)) {
      return [name, [...(Array.isArray(present) ? present : []), ...added]];
    }
    return [name, isObject(added) && isObject(present) ? { ...present, ...added } : added];
  });
  return { ...config, ...Object.fromEntries(merged) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Writes each configuration to a file of its own; returns their absolute paths. */
export function writeWorkerConfigs(
  environment: Environment,
  configs: ReadonlyMap<WorkerId, WorkerConfig>,
): Map<WorkerId, string> {
  return new Map(
    [...configs].map(([worker, config]) => {
      const directory = `${workDirectory(environment)}/${worker}`;
      mkdirSync(directory, { recursive: true });
      const file = `${directory}/wrangler.json`;
      writeFileSync(file, `${JSON.stringify(config, undefined, 2)}\n`);
      return [worker, file];
    }),
  );
}
