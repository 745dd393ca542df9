import { createHash } from "node:crypto";
import { shardOf } from "@candlehouse/shared/core/shard";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  parseSettings,
  scriptName,
  WORKERS,
  type Environment,
  type WorkerId,
} from "../scripts/deployment/environment.ts";
import { deploy } from "../scripts/deployment/run-deploy.ts";
import { provision } from "../scripts/deployment/run-provision.ts";
import { accountSteps } from "../scripts/deployment/verify-account.ts";
import { takeSteps } from "../scripts/deployment/verify-step.ts";
import { readWorkerConfigs } from "../scripts/deployment/worker-config.ts";
import type { RunWrangler } from "../scripts/deployment/wrangler.ts";
import { startCloudflareAccount, type CloudflareAccount } from "./cloudflare-account.ts";

const DATABASES = ["candlehouse-three", "candlehouse-three--1", "candlehouse-three--2"];

/** Of the steps of a verification, those that only a deployment changes. */
const ASKED = ["queues", "consumers", "database"];

export function environmentOf(name: string, databases: number): Environment {
  const text = JSON.stringify({ databases });
  return { name, settings: parseSettings(`deployment/${name}.json`, text) };
}

/** Provisions `environment` by `run`, with the key of one source; returns what was said. */
export async function provisionBy(
  run: RunWrangler,
  environment: Environment,
  isLogged = false,
): Promise<string[]> {
  const lines: string[] = [];
  await provision({
    environment,
    configs: readWorkerConfigs(),
    run,
    say: (line) => lines.push(line),
    given: [{ worker: "producer", name: "COINGECKO_API_KEY", value: "a source's key" }],
    replaced: new Set(),
    key: undefined,
    isLogged,
    isDryRun: false,
  });
  return lines;
}

/** Deploys by `run`; `works` is what the verification of the system itself says. */
export async function deployBy(run: RunWrangler, environment: Environment, works: boolean) {
  const configs = readWorkerConfigs();
  const lines: string[] = [];
  const succeeded = await deploy({
    environment,
    configs,
    run,
    say: (line) => lines.push(line),
    commit: { tag: "abc", message: "a commit" },
    verify: async ({ url, databases, configFile }) => {
      expect(url).toBe(`https://candlehouse-query-${environment.name}.operator.workers.dev`);
      const locate = () => Promise.resolve({ databases, configFile });
      const steps = accountSteps({ environment, configs, run, locate });
      const asked = steps.filter(({ name }) => ASKED.includes(name));
      const found = await takeSteps(asked, () => undefined);
      expect(found).toMatchObject(ASKED.map((name) => ({ name, state: "ok" })));
      return works;
    },
  });
  return { succeeded, lines };
}

/** Rows of a query on one of the account's databases. */
export function rowsOf(account: CloudflareAccount, database: string, sql: string) {
  return account.databases.get(database)?.db.prepare(sql).all() ?? [];
}

/** The Workers whose scripts were `changed` so in the account, in their order. */
function workersOf(changes: readonly string[], changed: RegExp): (string | undefined)[] {
  return changes
    .filter((change) => changed.test(change))
    .map((change) => /candlehouse-(\w+)-/.exec(change)?.[1]);
}

const UPLOAD = /^(PUT|POST) \/workers\/scripts\/[\w-]+(\/versions)?$/;
const DEPLOYMENT = /^POST \/workers\/scripts\/[\w-]+\/deployments$/;

/**
 * The tests that an installation of three databases comes to be, with wrangler as `wranglerOf` gives it:
 * each goes on where the one before it ended.
 */
export function describeDeployment(
  title: string,
  wranglerOf: (account: CloudflareAccount) => RunWrangler,
): void {
  // oxlint-disable-next-line vitest/valid-title -- each file gives its own
  describe(title, () => {
    const environment = environmentOf("three", DATABASES.length);
    let account: CloudflareAccount;
    let run: RunWrangler;

    const versionOf = (worker: WorkerId): string | undefined =>
      account.scripts.get(scriptName(environment, worker))?.deployments[0]?.versionId;

    beforeAll(async () => {
      account = await startCloudflareAccount();
      Object.entries(account.environment).forEach(([name, value]) => vi.stubEnv(name, value));
      run = wranglerOf(account);
    });

    afterAll(async () => {
      vi.unstubAllEnvs();
      await account.close();
    });

    test("stops where the second database is refused, and has nothing that comes after it", async () => {
      let asked = 0;
      account.refuse((method, path) => {
        asked += Number(method === "POST" && path === "/d1/database");
        return asked === 2;
      });
      await expect(provisionBy(run, environment)).rejects.toThrow(
        /^wrangler d1 create candlehouse-three--1: .*refused by the test \[code: 10013\]$/,
      );
      account.refuse(undefined);
      expect([...account.databases.keys()]).toEqual(DATABASES.slice(0, 1));
      expect(account.queues.size).toBe(4);
      expect(account.buckets.size + account.scripts.size).toBe(0);
    });

    test("is provisioned by a second run, which shows the key that it made once", async () => {
      const lines = await provisionBy(run, environment);
      expect(lines).toEqual([
        "is there  queue candles-dlq-three",
        "is there  queue candles-three",
        "is there  queue compaction-dlq-three",
        "is there  queue compaction-three",
        "is there  database candlehouse-three",
        "created   database candlehouse-three--1",
        "created   database candlehouse-three--2",
        "created   bucket candlehouse-three",
        "created   secret BOOTSTRAP_KEY_SHA256 of the query",
        expect.stringMatching(/^ {10}the key is [0-9a-f]{64}$/),
        expect.stringMatching(/^ {10}it is shown this once/),
        "created   secret COINGECKO_API_KEY of the producer",
      ]);
      const key = /the key is ([0-9a-f]{64})/.exec(lines.join("\n"))?.[1] ?? "";
      const hash = createHash("sha256").update(key).digest("hex");
      const secretsOf = (worker: WorkerId) =>
        account.scripts.get(scriptName(environment, worker))?.secrets;
      expect(secretsOf("query")?.get("BOOTSTRAP_KEY_SHA256")).toBe(hash);
      expect(secretsOf("producer")?.get("COINGECKO_API_KEY")).toBe("a source's key");
    });

    test("is left as it is by a third one", async () => {
      const before = account.changes.length;
      const lines = await provisionBy(run, environment, true);
      expect(lines).toHaveLength(10);
      expect(lines.filter((line) => !line.startsWith("is there"))).toEqual([]);
      expect(account.changes.slice(before)).toEqual([]);
    });

    test("is deployed: every database migrated and marked, its series in it, every Worker bound", async () => {
      const before = account.changes.length;
      const { succeeded, lines } = await deployBy(run, environment, true);
      expect({ succeeded, lines }).toMatchObject({ succeeded: true });
      expect(workersOf(account.changes.slice(before), UPLOAD)).toEqual([...WORKERS]);
      const found = DATABASES.map((name, index) => {
        expect(rowsOf(account, name, "SELECT number, count FROM shard")).toEqual([
          { number: index, count: DATABASES.length },
        ]);
        const series = rowsOf(account, name, "SELECT source, symbol, timeframe FROM series");
        const places = series.map(({ source, symbol, timeframe }) =>
          shardOf(
            { source: String(source), symbol: String(symbol), timeframe: String(timeframe) },
            DATABASES.length,
          ),
        );
        expect(new Set(places)).toEqual(new Set([index]));
        return series.length;
      });
      expect(found.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(200);
      expect(account.scripts.get("candlehouse-query-three")?.versions.at(-1)).toMatchObject({
        annotations: { "workers/message": "a commit", "workers/tag": "abc" },
      });
      expect(lines.at(-1)).toMatch(/^deployed {3}abc at https:/);
    });

    test("is not deployed with one database, since two thirds of it would be lost from sight", async () => {
      const before = account.changes.length;
      await expect(deployBy(run, environmentOf("three", 1), true)).rejects.toThrow(
        "candlehouse-three is database 1 of 3, and not the only database: give --databases as it was first deployed",
      );
      expect(workersOf(account.changes.slice(before), UPLOAD)).toEqual([]);
    });

    test("goes back, callers first, where its second version does not work", async () => {
      const before = account.changes.length;
      const versions = WORKERS.map(versionOf);
      const { succeeded, lines } = await deployBy(run, environment, false);
      expect({ succeeded, lines }).toMatchObject({ succeeded: false });
      expect(WORKERS.map(versionOf)).toEqual(versions);
      const changes = account.changes.slice(before);
      expect(workersOf(changes, DEPLOYMENT).slice(-WORKERS.length)).toEqual(WORKERS.toReversed());
      expect(lines.at(-1)).toMatch(/^the migrations stay/);
    });
  });
}
