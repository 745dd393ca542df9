/** What a deployment needs of its account, step by step. */
import { z } from "zod";
import { hasBucket, queryDatabase, readQueueConsumers } from "./account.ts";
import { assertMark, type PlacedDatabase } from "./databases.ts";
import { nameIn, scriptName, type Environment, type WorkerId } from "./environment.ts";
import { readMigrations, tablesAfter } from "./migration-check.ts";
import { checkMonitor } from "./verify-monitor.ts";
import type { Step } from "./verify-step.ts";
import type { WorkerConfig } from "./worker-config.ts";
import { callWrangler, LOGIN_ADVICE, parseAnswer, type RunWrangler } from "./wrangler.ts";

/** What the steps look at. */
export interface AccountTarget {
  readonly environment: Environment;
  readonly configs: ReadonlyMap<WorkerId, WorkerConfig>;
  readonly run: RunWrangler;
  /** The databases in their order, and a configuration that binds them. Throws where one is missing. */
  readonly locate: () => Promise<{
    readonly databases: readonly string[];
    readonly configFile: string;
  }>;
}

const whoamiSchema = z.object({
  loggedIn: z.boolean(),
  accounts: z.array(z.object({ name: z.string() })).default([]),
});

const NO_LOGIN_JSON = /"loggedIn":\s*false/;

/** Names of the steps, in their order, for whoever says that they are not taken. */
export const ACCOUNT_STEPS = [
  "wrangler",
  "authenticated",
  "queues",
  "consumers",
  "database",
  "bucket",
  "monitor ran",
] as const;

export function accountSteps(target: AccountTarget): Step[] {
  const provisionCommand = `npm run provision -- --env ${target.environment.name}`;
  let found: readonly ConsumedQueue[] = [];
  const deployCommand = `npm run deploy -- --env ${target.environment.name}`;
  return [
    {
      name: "wrangler",
      advice: "run it by `npm run`, which installs what is missing",
      run: async () =>
        (await callWrangler(target.run, ["--version"])).trim().split("\n").at(-1) ?? "",
    },
    {
      name: "authenticated",
      advice: LOGIN_ADVICE,
      needs: ["wrangler"],
      run: () => checkLogin(target.run),
    },
    {
      name: "queues",
      advice: `\`${provisionCommand}\` creates them`,
      needs: ["authenticated"],
      run: async () => {
        found = await readConsumers(target);
        return checkQueues(found);
      },
    },
    {
      name: "consumers",
      advice: `\`${deployCommand}\` attaches them`,
      needs: ["queues"],
      run: () => Promise.resolve(checkConsumers(found)),
    },
    {
      name: "database",
      advice: `\`${provisionCommand}\` creates it, \`${deployCommand}\` migrates it`,
      needs: ["authenticated"],
      run: () => checkDatabases(target),
    },
    {
      name: "bucket",
      advice: `\`${provisionCommand}\` creates it`,
      needs: ["authenticated"],
      run: () => checkBuckets(target),
    },
    {
      name: "monitor ran",
      advice: `\`pnpm exec wrangler tail ${scriptName(target.environment, "monitor")}\` shows why its cron fails`,
      needs: ["database"],
      run: () => checkMonitor(target),
    },
  ];
}

async function checkLogin(run: RunWrangler): Promise<string> {
  const answer = await run(["whoami", "--json"]);
  // It fails where nobody is logged in, and says so in JSON all the same.
  if (!answer.succeeded && !NO_LOGIN_JSON.test(answer.stdout)) {
    throw new Error(`wrangler whoami: ${answer.reason}`);
  }
  const { loggedIn, accounts } = parseAnswer(answer.stdout, whoamiSchema);
  if (!loggedIn) {
    throw new Error("nobody is logged in at Cloudflare");
  }
  return accounts.length === 0 ? "yes" : accounts.map(({ name }) => name).join(", ");
}

/** A queue, the script that is to consume it, and those that do; undefined where it is missing. */
interface ConsumedQueue {
  readonly name: string;
  readonly script: string;
  readonly scripts: readonly string[] | undefined;
}

/** Each queue that a Worker consumes, with the Worker's script. */
function consumedQueues({
  environment,
  configs,
}: AccountTarget): { name: string; script: string }[] {
  return [...configs].flatMap(([worker, { queues }]) =>
    queues.consumers.map(({ queue }) => ({
      name: nameIn(environment, queue),
      script: scriptName(environment, worker),
    })),
  );
}

function checkQueues(found: readonly ConsumedQueue[]): string {
  const missing = found.filter(({ scripts }) => scripts === undefined);
  if (missing.length > 0) {
    throw new Error(`there is no ${missing.map(({ name }) => name).join(", ")}`);
  }
  return found.map(({ name }) => name).join(", ");
}

function checkConsumers(found: readonly ConsumedQueue[]): string {
  const lacking = found.filter(({ script, scripts = [] }) => !scripts.includes(script));
  if (lacking.length > 0) {
    throw new Error(lacking.map(({ name, script }) => `${name} lacks ${script}`).join(", "));
  }
  return [...new Set(found.map(({ script }) => script))].join(", ");
}

async function readConsumers(target: AccountTarget): Promise<ConsumedQueue[]> {
  return Promise.all(
    consumedQueues(target).map(async ({ name, script }) => ({
      name,
      script,
      scripts: await readQueueConsumers(target.run, name),
    })),
  );
}

async function checkDatabases({ run, locate }: AccountTarget): Promise<string> {
  const { databases, configFile } = await locate();
  for (const [index, name] of databases.entries()) {
    // oxlint-disable-next-line no-await-in-loop -- the first one that is wrong is told of
    await checkDatabase(run, { name, index, count: databases.length, configFile });
  }
  return `${databases.join(", ")}, ${readMigrations().length} migrations`;
}

async function checkDatabase(run: RunWrangler, placed: PlacedDatabase): Promise<void> {
  const { name: database, configFile } = placed;
  const rows = await queryDatabase(
    run,
    database,
    configFile,
    "SELECT name, 'table' AS what FROM sqlite_master UNION ALL SELECT name, 'migration' FROM d1_migrations",
  );
  const migrations = readMigrations();
  const there = (what: string): Set<string> =>
    new Set(rows.filter((row) => row["what"] === what).map(({ name }) => String(name)));
  const lacking = (names: readonly string[], what: string): string[] =>
    names.filter((name) => !there(what).has(name));
  const pending = lacking(
    migrations.map(({ name }) => name),
    "migration",
  );
  const absent = lacking(tablesAfter(migrations), "table");
  if (pending.length + absent.length > 0) {
    throw new Error(`${database} lacks ${[...pending, ...absent].join(", ")}`);
  }
  await assertMark(run, placed);
}

async function checkBuckets({ environment, configs, run }: AccountTarget): Promise<string> {
  const names = [
    ...new Set(
      [...configs.values()].flatMap(({ r2_buckets }) => r2_buckets.map((each) => each.bucket_name)),
    ),
  ].map((name) => nameIn(environment, name));
  const found = await Promise.all(
    names.map(async (name) => ({ name, isThere: await hasBucket(run, name) })),
  );
  const missing = found.flatMap(({ name, isThere }) => (isThere ? [] : [name]));
  if (missing.length > 0) {
    throw new Error(`there is no ${missing.join(", ")}`);
  }
  return names.join(", ");
}
