/** What an account on Cloudflare holds of an environment, as wrangler tells it. */
import { z } from "zod";
import type { Environment, WorkerId } from "./environment.ts";
import { scriptName } from "./environment.ts";
import { callWrangler, readWrangler, type RunWrangler } from "./wrangler.ts";

/** Wrangler's words for what is not there, and Cloudflare's codes. */
const NO_QUEUE = /does not exist/;
const NO_BUCKET = /specified bucket does not exist|\b10006\b/;
const NO_WORKER = /\b10007\b|\b10090\b|not found|does not exist|has no deployments/;

const databasesSchema = z.array(z.object({ name: z.string(), uuid: z.string() }));
const secretsSchema = z.array(z.object({ name: z.string() }));
const resultsSchema = z.array(z.object({ results: z.array(z.record(z.string(), z.unknown())) }));
const deploymentSchema = z.object({
  created_on: z.string(),
  versions: z.array(z.object({ version_id: z.string() })).min(1),
});
const versionsSchema = z.array(
  z.object({
    id: z.string(),
    metadata: z.object({ created_on: z.string() }),
    annotations: z.record(z.string(), z.unknown()).optional(),
  }),
);

export type Deployment = z.infer<typeof deploymentSchema>;
export type Version = z.infer<typeof versionsSchema>[number];

/** Ids of all databases of the account, by name. */
export async function readDatabases(run: RunWrangler): Promise<ReadonlyMap<string, string>> {
  const databases = await readWrangler(run, ["d1", "list", "--json"], databasesSchema);
  return new Map(databases.map(({ name, uuid }) => [name, uuid]));
}

/** Scripts that consume the queue `name`; undefined where there is no such queue. */
export async function readQueueConsumers(
  run: RunWrangler,
  name: string,
): Promise<readonly string[] | undefined> {
  const answer = await run(["queues", "info", name]);
  if (!answer.succeeded && NO_QUEUE.test(answer.reason)) {
    return undefined;
  }
  if (!answer.succeeded) {
    throw new Error(`wrangler queues info ${name}: ${answer.reason}`);
  }
  return [...answer.stdout.matchAll(/\bworker:([\w-]+)/g)]
    .filter(({ index }) => index > answer.stdout.indexOf("Consumers:"))
    .map(([, script = ""]) => script);
}

/**
 * Whether the bucket is there. Its rules are asked for, since a list of buckets has twenty at most
 * and what is told of one needs a token that may read analytics.
 */
export async function hasBucket(run: RunWrangler, name: string): Promise<boolean> {
  const answer = await run(["r2", "bucket", "lifecycle", "list", name]);
  if (!answer.succeeded && !NO_BUCKET.test(answer.reason)) {
    throw new Error(`wrangler r2 bucket lifecycle list ${name}: ${answer.reason}`);
  }
  return answer.succeeded;
}

/** Names of the Worker's secrets; undefined where there is no such Worker yet. */
export async function readSecretNames(
  run: RunWrangler,
  environment: Environment,
  worker: WorkerId,
): Promise<string[] | undefined> {
  const command = ["secret", "list", "--name", scriptName(environment, worker)];
  const answer = await run([...command, "--format", "json"]);
  if (!answer.succeeded && NO_WORKER.test(answer.reason)) {
    return undefined;
  }
  if (!answer.succeeded) {
    throw new Error(`wrangler ${command.join(" ")}: ${answer.reason}`);
  }
  return secretsSchema.parse(JSON.parse(answer.stdout)).map(({ name }) => name);
}

/** The version of the Worker that answers now; undefined where it was never deployed. */
export async function readCurrentVersion(
  run: RunWrangler,
  script: string,
): Promise<string | undefined> {
  const answer = await run(["deployments", "status", "--name", script, "--json"]);
  if (!answer.succeeded && NO_WORKER.test(answer.reason)) {
    return undefined;
  }
  if (!answer.succeeded) {
    throw new Error(`wrangler deployments status --name ${script}: ${answer.reason}`);
  }
  return deploymentSchema.parse(JSON.parse(answer.stdout)).versions[0]?.version_id;
}

/** The Worker's last deployments, the newest first. */
export async function readDeployments(run: RunWrangler, script: string): Promise<Deployment[]> {
  const list = await readWrangler(
    run,
    ["deployments", "list", "--name", script, "--json"],
    z.array(deploymentSchema),
  );
  return list.toSorted((a, b) => b.created_on.localeCompare(a.created_on));
}

/** The Worker's last versions. */
export async function readVersions(run: RunWrangler, script: string): Promise<Version[]> {
  return readWrangler(run, ["versions", "list", "--name", script, "--json"], versionsSchema);
}

/** Rows of a query on the deployed database. */
export async function queryDatabase(
  run: RunWrangler,
  database: string,
  configFile: string,
  sql: string,
): Promise<Record<string, unknown>[]> {
  const results = await readWrangler(
    run,
    ["d1", "execute", database, "--remote", "--json", "--config", configFile, "--command", sql],
    resultsSchema,
  );
  return results.flatMap((each) => each.results);
}

/** Runs statements on the deployed database. */
export async function executeOnDatabase(
  run: RunWrangler,
  database: string,
  configFile: string,
  sql: string,
): Promise<void> {
  const command = ["d1", "execute", database, "--remote", "--yes", "--config", configFile];
  await callWrangler(run, [...command, "--command", sql]);
}
