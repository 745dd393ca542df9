import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  hasBucket,
  queryDatabase,
  readCurrentVersion,
  readDatabases,
  readQueueConsumers,
} from "../scripts/deployment/account.ts";
import { scriptName, workDirectory } from "../scripts/deployment/environment.ts";
import { readMigrations } from "../scripts/deployment/migration-check.ts";
import { placeWorkers } from "../scripts/deployment/run-deploy.ts";
import { rollBackTo } from "../scripts/deployment/run-rollback.ts";
import { readWorkerConfigs } from "../scripts/deployment/worker-config.ts";
import { callWrangler, deployWorker, runWrangler } from "../scripts/deployment/wrangler.ts";
import { wranglerOf } from "./account-wrangler.ts";
import { startCloudflareAccount, type CloudflareAccount } from "./cloudflare-account.ts";
import { environmentOf } from "./deployment-scenario.ts";

function call(...command: readonly string[]): Promise<string> {
  return callWrangler(runWrangler, command);
}

/**
 * The commands on whose answers a deployment depends, given to the pinned wrangler once, against an
 * account of this machine: each is a process that takes a second. A whole installation by wrangler takes
 * minutes, and is made each night.
 */
describe("wrangler on an account", () => {
  const environment = environmentOf("single", 1);
  const database = "candlehouse-single";
  const script = scriptName(environment, "monitor");
  let account: CloudflareAccount;

  beforeAll(async () => {
    account = await startCloudflareAccount();
    Object.entries(account.environment).forEach(([name, value]) => vi.stubEnv(name, value));
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    await account.close();
  });

  test("says that something is not there", async () => {
    const found = await Promise.all([
      readQueueConsumers(runWrangler, "candles-single"),
      hasBucket(runWrangler, database),
      readCurrentVersion(runWrangler, script),
    ]);
    expect(found).toEqual([undefined, false, undefined]);
  });

  test("says what to do where nobody is logged in", async () => {
    vi.stubEnv("CLOUDFLARE_API_TOKEN", undefined);
    vi.stubEnv("XDG_CONFIG_HOME", workDirectory(environment));
    const refused = await readDatabases(runWrangler).catch((error: unknown) => error);
    vi.stubEnv("CLOUDFLARE_API_TOKEN", account.environment["CLOUDFLARE_API_TOKEN"]);
    expect(String(refused)).toBe(
      "Error: wrangler d1 list --json: nobody is logged in at Cloudflare: set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, or `pnpm exec wrangler login`; docs/deployment.md says what the token must be allowed",
    );
  });

  test("creates a queue, a database and a secret", async () => {
    const secrets = { ALERT_WEBHOOKS: "https://hook/secret" };
    await Promise.all([
      call("queues", "create", "candles-single"),
      call("d1", "create", database, "--location", "weur"),
      callWrangler(runWrangler, ["secret", "bulk", "--name", script], {
        input: JSON.stringify(secrets),
      }),
    ]);
    expect([...account.queues.keys(), ...account.databases.keys()]).toEqual([
      "candles-single",
      database,
    ]);
    expect(Object.fromEntries(account.scripts.get(script)?.secrets ?? [])).toEqual(secrets);
  });

  test("migrates a database and reads it", async () => {
    const run = wranglerOf(account);
    const configs = readWorkerConfigs();
    const { configFile } = await placeWorkers({ environment, configs, run });
    await call("d1", "migrations", "apply", database, "--remote", "--config", configFile);
    const sql = "SELECT COUNT(*) AS done FROM d1_migrations";
    expect(await queryDatabase(runWrangler, database, configFile, sql)).toEqual([
      { done: readMigrations().length },
    ]);
  });

  test("deploys a Worker that consumes, with its tag, and has a version of before answer again", async () => {
    const [draft] = account.scripts.get(script)?.versions ?? [];
    const commit = { tag: "abc", message: "a commit" };
    const { version_id: versionId } = await deployWorker(runWrangler, smallWorker(), commit);
    const deployed = account.scripts.get(script);
    expect(deployed?.versions.at(-1)).toMatchObject({
      id: versionId,
      annotations: { "workers/message": "a commit", "workers/tag": "abc" },
    });
    expect(deployed?.secrets.has("ALERT_WEBHOOKS")).toBe(true);
    expect(deployed?.schedules).toEqual([{ cron: "* * * * *" }]);
    await Promise.all([
      expect(readQueueConsumers(runWrangler, "candles-single")).resolves.toEqual([script]),
      rollBackTo(
        { environment, run: runWrangler, say: () => undefined },
        [{ worker: "monitor", versionId: draft?.id ?? "" }],
        "abc does not work",
      ),
    ]);
    expect(deployed?.deployments[0]).toMatchObject({
      versionId: draft?.id,
      message: "abc does not work",
    });
  });

  /** A Worker of one line: to bundle ours is what the gate has done already. */
  function smallWorker(): string {
    const directory = workDirectory(environment);
    const file = `${directory}/small.json`;
    writeFileSync(`${directory}/small.js`, "export default { queue() {}, scheduled() {} };\n");
    const config = {
      name: script,
      main: "small.js",
      compatibility_date: "2026-11-01",
      triggers: { crons: ["* * * * *"] },
      queues: { consumers: [{ queue: "candles-single" }] },
    };
    writeFileSync(file, JSON.stringify(config));
    return file;
  }
});
