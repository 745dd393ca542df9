import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { root } from "../check-command.ts";

/** The folders of the Workers, by the name that follows `candlehouse-`. */
export const WORKERS = ["consumer", "archiver", "producer", "monitor", "query"] as const;

export type WorkerId = (typeof WORKERS)[number];

/** Where D1 may be asked to keep its database. https://developers.cloudflare.com/d1/configuration/data-location/ */
export const LOCATIONS = ["weur", "eeur", "apac", "oc", "wnam", "enam"] as const;

/**
 * Members of a Worker's wrangler.jsonc that an environment may add to. A list is appended, an object
 * is merged. What they hold, wrangler checks.
 */
const additionsSchema = z.strictObject({
  routes: z.array(z.unknown()).optional(),
  workers_dev: z.boolean().optional(),
  send_email: z.array(z.unknown()).optional(),
  analytics_engine_datasets: z.array(z.unknown()).optional(),
  tail_consumers: z.array(z.unknown()).optional(),
  logpush: z.boolean().optional(),
  limits: z.record(z.string(), z.unknown()).optional(),
  observability: z.record(z.string(), z.unknown()).optional(),
});

export type Additions = z.infer<typeof additionsSchema>;

function hasAddress(additions: Additions | undefined): boolean {
  return additions?.routes !== undefined || additions?.workers_dev === true;
}

/** Of `deployment/ENVIRONMENT.json`; all of it may be left out. */
const settingsSchema = z.strictObject({
  /** Where the query Worker answers; without it, where wrangler says that it put it. */
  url: z.url({ protocol: /^https?$/ }).optional(),
  /** Where D1 and R2 are to be kept, as near as Cloudflare can. Read when they are created. */
  location: z.enum(LOCATIONS).optional(),
  databases: z.int().min(1).max(100).default(1),
  /** Each is set in every Worker whose wrangler.jsonc has a variable of this name. */
  variables: z.record(z.string(), z.string()).default({}),
  workers: z
    .partialRecord(z.enum(WORKERS), additionsSchema)
    .default({})
    .refine(
      (workers) => WORKERS.every((id) => id === "query" || !hasAddress(workers[id])),
      "only the query Worker may have routes or an address at workers.dev: the others ask for no key",
    ),
});

export type DeploymentSettings = z.infer<typeof settingsSchema>;

/** An installation on Cloudflare: its name is the end of the names of all that belongs to it. */
export interface Environment {
  readonly name: string;
  readonly settings: DeploymentSettings;
}

/** With `candlehouse-consumer-` before it, no longer than the name of a Worker or bucket may be. */
const NAME_PATTERN = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const NAME_LENGTH_MAX = 30;

/** The environment called `name`, with the settings of its file. Throws a sentence. */
export function readEnvironment(name: string | undefined): Environment {
  if (name === undefined) {
    throw new Error("say which environment is meant: --env production");
  }
  if (!NAME_PATTERN.test(name) || name.length > NAME_LENGTH_MAX) {
    throw new Error(
      `--env ${name} is not allowed: small letters, digits and single hyphens, ${NAME_LENGTH_MAX} at most`,
    );
  }
  const file = `deployment/${name}.json`;
  return {
    name,
    settings: existsSync(`${root}${file}`)
      ? parseSettings(file, readFileSync(`${root}${file}`, "utf8"))
      : settingsSchema.parse({}),
  };
}

/** The settings in `text`, the content of `file`. Throws a sentence that names what is wrong. */
export function parseSettings(file: string, text: string): DeploymentSettings {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is no JSON: ${String(error)}`, { cause: error });
  }
  const parsed = settingsSchema.safeParse(json);
  if (!parsed.success) {
    throw new Error(`${file} cannot be meant:\n${z.prettifyError(parsed.error)}`);
  }
  return parsed.data;
}

/** What `name`, as a wrangler.jsonc has it, is called in the environment. */
export function nameIn({ name: environment }: Pick<Environment, "name">, name: string): string {
  return `${name}-${environment}`;
}

/** The name of a Worker's script in the environment. */
export function scriptName(environment: Pick<Environment, "name">, worker: WorkerId): string {
  return nameIn(environment, `candlehouse-${worker}`);
}

/** Where configurations and records of the environment are written; nothing in it is needed again. */
export function workDirectory({ name }: Pick<Environment, "name">): string {
  return `${root}.candlehouse-deploy/${name}`;
}
