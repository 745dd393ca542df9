/**
 * What wrangler does with an account, without its processes: each command is answered by the requests
 * that it makes, against the same stand-in of Cloudflare's API. A whole deployment takes a second so;
 * that the pinned wrangler answers alike is shown by the same steps with it, each night.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { readMigrations } from "../scripts/deployment/migration-check.ts";
import type { RunWrangler, WranglerOptions } from "../scripts/deployment/wrangler.ts";
import type { CloudflareAccount } from "./cloudflare-account.ts";

const configSchema = z.object({
  name: z.string(),
  vars: z.record(z.string(), z.string()),
  d1_databases: z.array(z.object({ database_name: z.string(), database_id: z.string() })),
  r2_buckets: z.array(z.object({ bucket_name: z.string() })),
  services: z.array(z.object({ service: z.string() })),
  queues: z.object({
    producers: z.array(z.object({ queue: z.string() })),
    consumers: z.array(z.object({ queue: z.string() })),
  }),
});
const answerSchema = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })),
  result: z.unknown(),
});
const queuesSchema = z.array(
  z.object({
    queue_id: z.string(),
    queue_name: z.string(),
    consumers: z.array(z.object({ script: z.string() })),
  }),
);
const databasesSchema = z.array(z.object({ name: z.string(), uuid: z.string() }));
const deploymentsSchema = z.object({ deployments: z.array(z.looseObject({})) });

type Config = z.infer<typeof configSchema>;

/** The command's words, and what each of its options says. */
interface Command {
  readonly words: readonly string[];
  readonly options: ReadonlyMap<string, string>;
  readonly given: WranglerOptions;
}

type Ask = (method: string, path: string, body?: FormData | object) => Promise<unknown>;

/** Wrangler, as far as it is asked here, on `account`. */
export function wranglerOf(account: CloudflareAccount): RunWrangler {
  const ask: Ask = async (method, path, body) => {
    const response = await fetch(
      `${account.url}/accounts/${account.environment["CLOUDFLARE_ACCOUNT_ID"]}${path}`,
      {
        method,
        headers: { authorization: `Bearer ${account.environment["CLOUDFLARE_API_TOKEN"]}` },
        ...(body === undefined
          ? {}
          : { body: body instanceof FormData ? body : JSON.stringify(body) }),
      },
    );
    const { success, errors, result } = answerSchema.parse(await response.json());
    if (!success) {
      throw new Error(errors.map(({ code, message }) => `${message} [code: ${code}]`).join(" "));
    }
    return result;
  };
  return async (command, given = {}) => {
    try {
      return { succeeded: true, stdout: await answer(ask, parse(command, given)), reason: "" };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { succeeded: false, stdout: "", reason };
    }
  };
}

function parse(command: readonly string[], given: WranglerOptions): Command {
  const first = command.findIndex((word) => word.startsWith("--"));
  const end = first === -1 ? command.length : first;
  const rest = command.slice(end);
  const options = rest.flatMap((word, index) =>
    word.startsWith("--") ? [[word, rest[index + 1] ?? ""] as const] : [],
  );
  return { words: command.slice(0, end), options: new Map(options), given };
}

async function answer(ask: Ask, command: Command): Promise<string> {
  const { words, options } = command;
  const [last = ""] = words.slice(-1);
  const name = options.get("--name") ?? "";
  switch (words.slice(0, -1).join(" ") || last) {
    case "d1":
      return JSON.stringify(await ask("GET", "/d1/database"));
    case "d1 create":
      await ask("POST", "/d1/database", { name: last });
      return "";
    case "d1 migrations apply":
      await migrate(ask, last);
      return "";
    case "d1 execute":
      return JSON.stringify(await query(ask, last, options.get("--command") ?? ""));
    case "queues create":
      await ask("POST", "/queues", { queue_name: last });
      return "";
    case "queues info":
      return describeQueue(ask, last);
    case "r2 bucket create":
      await ask("POST", "/r2/buckets", { name: last });
      return "";
    case "r2 bucket lifecycle list":
      await ask("GET", `/r2/buckets/${last}/lifecycle`);
      return "";
    case "secret":
      return secret(ask, command, name);
    case "deployments": {
      const { deployments } = deploymentsSchema.parse(
        await ask("GET", `/workers/scripts/${name}/deployments`),
      );
      return JSON.stringify(deployments[0]);
    }
    case "deploy":
      await deploy(ask, command);
      return "";
    case "rollback":
      await ask("POST", `/workers/scripts/${name}/deployments`, {
        versions: [{ version_id: last, percentage: 100 }],
        annotations: { "workers/message": options.get("--message") },
      });
      return "";
    default:
      throw new Error(`no such command here: ${words.join(" ")}`);
  }
}

async function query(ask: Ask, database: string, sql: string): Promise<unknown> {
  const databases = databasesSchema.parse(await ask("GET", "/d1/database"));
  const id = databases.find((each) => each.name === database)?.uuid ?? database;
  return ask("POST", `/d1/database/${id}/query`, { sql });
}

/** Those that are not there yet, each noted as D1 notes it. */
async function migrate(ask: Ask, database: string): Promise<void> {
  await query(ask, database, "CREATE TABLE IF NOT EXISTS d1_migrations (name TEXT UNIQUE)");
  const found = z
    .array(z.object({ results: z.array(z.object({ name: z.string() })) }))
    .parse(await query(ask, database, "SELECT name FROM d1_migrations"));
  const applied = new Set(found.flatMap(({ results }) => results.map(({ name }) => name)));
  for (const { name, sql } of readMigrations().filter((each) => !applied.has(each.name))) {
    await query(ask, database, `${sql};\nINSERT INTO d1_migrations VALUES ('${name}');`);
  }
}

async function queueNamed(ask: Ask, name: string) {
  const queues = queuesSchema.parse(await ask("GET", `/queues?name=${name}`));
  const [queue] = queues;
  if (queue === undefined) {
    throw new Error(`Queue "${name}" does not exist. To create it, run: wrangler queues create`);
  }
  return queue;
}

async function describeQueue(ask: Ask, name: string): Promise<string> {
  const { consumers } = await queueNamed(ask, name);
  return `Queue Name: ${name}\nConsumers: ${consumers.map(({ script }) => `worker:${script}`).join(", ")}\n`;
}

async function secret(ask: Ask, { words, given }: Command, name: string): Promise<string> {
  if (words.at(-1) === "list") {
    return JSON.stringify(await ask("GET", `/workers/scripts/${name}/secrets`));
  }
  const values = z.record(z.string(), z.string()).parse(JSON.parse(given.input ?? ""));
  await ask("GET", `/workers/scripts/${name}/secrets`).catch(() => upload(ask, name, {}));
  await ask("PATCH", `/workers/scripts/${name}/secrets-bulk`, {
    secrets: Object.fromEntries(Object.entries(values).map(([key, text]) => [key, { text }])),
  });
  return "";
}

async function upload(ask: Ask, name: string, metadata: object): Promise<void> {
  const form = new FormData();
  form.set("metadata", JSON.stringify(metadata));
  await ask("PUT", `/workers/scripts/${name}`, form);
}

/** Refuses bindings to what is not there, as the API does. */
async function assertBindings(ask: Ask, config: Config): Promise<void> {
  const { queues, d1_databases: bound, r2_buckets: buckets, services } = config;
  const databases = databasesSchema.parse(await ask("GET", "/d1/database"));
  for (const { database_name: name, database_id: id } of bound) {
    if (!databases.some((each) => each.name === name && each.uuid === id)) {
      throw new Error(`binding DB of type d1 must have a valid database_id [code: 10021]: ${id}`);
    }
  }
  for (const { queue } of [...queues.producers, ...queues.consumers]) {
    await queueNamed(ask, queue);
  }
  for (const { bucket_name: bucket } of buckets) {
    await ask("GET", `/r2/buckets/${bucket}`);
  }
  for (const { service } of services) {
    await ask("GET", `/workers/services/${service}`);
  }
}

async function deploy(ask: Ask, { options, given }: Command): Promise<void> {
  const text = readFileSync(options.get("--config") ?? "", "utf8");
  const config = configSchema.parse(JSON.parse(text));
  await assertBindings(ask, config);
  const tag = options.get("--tag");
  await upload(ask, config.name, {
    compatibility_date: "2026-11-01",
    annotations: { "workers/tag": tag, "workers/message": options.get("--message") },
    bindings: Object.entries(config.vars),
  });
  for (const { queue } of config.queues.consumers) {
    const { queue_id: id, consumers } = await queueNamed(ask, queue);
    if (!consumers.some(({ script }) => script === config.name)) {
      await ask("POST", `/queues/${id}/consumers`, { script_name: config.name });
    }
  }
  const status = await answer(ask, parse(["deployments", "status", "--name", config.name], {}));
  const { versions } = z
    .object({ versions: z.array(z.object({ version_id: z.string() })) })
    .parse(JSON.parse(status));
  const entry = {
    type: "deploy",
    version_id: versions[0]?.version_id,
    targets: [`https://${config.name}.operator.workers.dev`],
  };
  writeFileSync(given.outputFile ?? "", JSON.stringify(entry));
}
