import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parseSettings, WORKERS, type Environment } from "../scripts/deployment/environment.ts";
import { deploy } from "../scripts/deployment/run-deploy.ts";
import { provision } from "../scripts/deployment/run-provision.ts";
import { rollBackTo } from "../scripts/deployment/run-rollback.ts";
import { takeSteps } from "../scripts/deployment/verify-step.ts";
import { accountSteps } from "../scripts/deployment/verify-account.ts";
import { readWorkerConfigs } from "../scripts/deployment/worker-config.ts";
import { callWrangler, runWrangler } from "../scripts/deployment/wrangler.ts";
import { startCloudflareAccount, type CloudflareAccount } from "./cloudflare-account.ts";

/** Of the steps, those that only a deployment changes: each run of wrangler takes a second. */
const ASKED = ["queues", "consumers", "database"];

/** The pinned wrangler itself, against an account of this machine: one after the other. */
describe("wrangler on an account", () => {
  const environment: Environment = {
    name: "trial",
    settings: parseSettings("deployment/trial.json", "{}"),
  };
  const configs = readWorkerConfigs();
  let account: CloudflareAccount;

  beforeAll(async () => {
    account = await startCloudflareAccount();
    Object.entries(account.environment).forEach(([name, value]) => vi.stubEnv(name, value));
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    await account.close();
  });

  async function provisionWith(options: { isLogged?: boolean } = {}): Promise<string[]> {
    const lines: string[] = [];
    await provision({
      environment,
      configs,
      run: runWrangler,
      say: (line) => lines.push(line),
      given: [{ worker: "producer", name: "COINGECKO_API_KEY", value: "a source's key" }],
      replaced: new Set(),
      key: undefined,
      isLogged: false,
      isDryRun: false,
      ...options,
    });
    return lines;
  }

  test("says why something cannot be created", async () => {
    account.refuse((method, path) => method === "POST" && path === "/d1/database");
    await expect(callWrangler(runWrangler, ["d1", "create", "refused"])).rejects.toThrow(
      /^wrangler d1 create refused: .* refused by the test \[code: 10013\]$/,
    );
    account.refuse(undefined);
    expect(account.databases.size).toBe(0);
  });

  test("creates what is missing, and shows the key that it made once", async () => {
    const lines = await provisionWith();
    expect(lines.slice(0, 4).toSorted()).toEqual([
      "created   queue candles-dlq-trial",
      "created   queue candles-trial",
      "created   queue compaction-dlq-trial",
      "created   queue compaction-trial",
    ]);
    expect(lines.slice(4)).toEqual([
      "created   database candlehouse-trial",
      "created   bucket candlehouse-trial",
      "created   secret BOOTSTRAP_KEY_SHA256 of the query",
      expect.stringMatching(/^ {10}the key is [0-9a-f]{64}$/),
      expect.stringMatching(/^ {10}it is shown this once/),
      "created   secret COINGECKO_API_KEY of the producer",
    ]);
    const key = /the key is ([0-9a-f]{64})/.exec(lines.join("\n"))?.[1] ?? "";
    const hash = createHash("sha256").update(key).digest("hex");
    expect(
      account.scripts.get("candlehouse-query-trial")?.secrets.get("BOOTSTRAP_KEY_SHA256"),
    ).toBe(hash);
    expect(
      account.scripts.get("candlehouse-producer-trial")?.secrets.get("COINGECKO_API_KEY"),
    ).toBe("a source's key");
  });

  test("changes nothing when it runs again", async () => {
    const before = account.changes.length;
    const lines = await provisionWith({ isLogged: true });
    expect(lines).toHaveLength(8);
    expect(lines.filter((line) => !line.startsWith("is there"))).toEqual([]);
    expect(account.changes.slice(before)).toEqual([]);
  });

  test("migrates, deploys every Worker with its bindings, crons and consumers, and finds them", async () => {
    const lines: string[] = [];
    const succeeded = await deploy({
      environment,
      configs,
      run: runWrangler,
      say: (line) => lines.push(line),
      commit: { tag: "abc", message: "a commit" },
      verify: async ({ url, databases, configFile }) => {
        expect(url).toBe("https://candlehouse-query-trial.operator.workers.dev");
        const locate = () => Promise.resolve({ databases, configFile });
        const steps = await takeSteps(
          accountSteps({ environment, configs, run: runWrangler, locate }).filter(({ name }) =>
            ASKED.includes(name),
          ),
          () => undefined,
        );
        expect(steps).toMatchObject(ASKED.map((name) => ({ name, state: "ok" })));
        return true;
      },
    });
    expect({ succeeded, lines }).toMatchObject({ succeeded: true });
    const uploads = account.changes.filter((change) =>
      /^(PUT|POST) \/workers\/scripts\/[\w-]+(\/versions)?$/.test(change),
    );
    // The first two are the empty Workers that hold the secrets.
    expect(uploads.slice(2).map((change) => /candlehouse-(\w+)-/.exec(change)?.[1])).toEqual([
      ...WORKERS,
    ]);
    const query = account.scripts.get("candlehouse-query-trial");
    expect(query?.versions.at(-1)?.annotations).toEqual({
      "workers/message": "a commit",
      "workers/tag": "abc",
    });
    expect(query?.secrets.has("BOOTSTRAP_KEY_SHA256")).toBe(true);
    expect(account.scripts.get("candlehouse-producer-trial")?.schedules).toEqual([
      { cron: "* * * * *" },
    ]);
    const series = account.databases
      .get("candlehouse-trial")
      ?.db.prepare("SELECT COUNT(*) AS n FROM series")
      .get();
    expect(Number(series?.["n"])).toBeGreaterThan(100);
  });

  test("has a version of before answer again", async () => {
    const script = account.scripts.get("candlehouse-query-trial");
    const [draft] = script?.versions ?? [];
    const versionId = draft?.id ?? "";
    await rollBackTo(
      { environment, run: runWrangler, say: () => undefined },
      [{ worker: "query", versionId }],
      "abc does not work",
    );
    expect(script?.deployments[0]).toMatchObject({ versionId, message: "abc does not work" });
  });
});
