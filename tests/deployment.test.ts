import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  nameIn,
  parseSettings,
  readEnvironment,
  WORKERS,
  type Environment,
  type WorkerId,
} from "../scripts/deployment/environment.ts";
import {
  assertExpandOnly,
  findContractions,
  readMigrations,
  tablesAfter,
} from "../scripts/deployment/migration-check.ts";
import { isToDo, planProvision } from "../scripts/deployment/provision-plan.ts";
import { planRollback } from "../scripts/deployment/rollback-plan.ts";
import { deploy } from "../scripts/deployment/run-deploy.ts";
import { provision, type Provisioning } from "../scripts/deployment/run-provision.ts";
import { configureWorkers, readWorkerConfigs } from "../scripts/deployment/worker-config.ts";
import type { RunWrangler } from "../scripts/deployment/wrangler.ts";
import { isSound, lineOf, type StepResult } from "../scripts/deployment/verify-step.ts";
import { verify } from "../scripts/deployment/verify.ts";
import { startSystem, type System } from "./system.ts";

const root = new URL("../", import.meta.url).pathname;

function environmentWith(settings: unknown = {}): Environment {
  return {
    name: "trial",
    settings: parseSettings("deployment/trial.json", JSON.stringify(settings)),
  };
}

const isBefore = (first: WorkerId | undefined, second: WorkerId): boolean =>
  first !== undefined && WORKERS.indexOf(first) < WORKERS.indexOf(second);

/** An account that has nothing, but fails at what `fails` starts with. */
function emptyAccount(fails = "nothing") {
  const changes: string[] = [];
  const run: RunWrangler = (command, options) => {
    const text = command.join(" ");
    const isRead = /list|info/.test(text);
    if (!isRead) {
      changes.push(`${text}${options?.input === undefined ? "" : " <"}`);
    }
    if (text.startsWith(fails)) {
      return Promise.resolve({ succeeded: false, stdout: "", reason: "told to fail" });
    }
    const isAbsent = isRead && command[0] !== "d1";
    const reason = "it does not exist [code: 10006]";
    return Promise.resolve({
      succeeded: !isAbsent,
      stdout: "[]",
      reason: isAbsent ? reason : "",
    });
  };
  return { changes, run };
}

async function provisionWith(run: RunWrangler, options: Partial<Provisioning> = {}) {
  const lines: string[] = [];
  const secret = {
    worker: "monitor",
    name: "ALERT_WEBHOOKS",
    value: "https://hook/secret",
  } as const;
  await provision({
    environment: environmentWith({ location: "weur" }),
    configs: readWorkerConfigs(),
    run,
    say: (line) => lines.push(line),
    given: [secret],
    replaced: new Set(),
    key: undefined,
    isLogged: false,
    isDryRun: false,
    ...options,
  });
  return lines;
}

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();

const version = (id: string, minute: number, tag?: string) => ({
  id,
  metadata: { created_on: at(minute) },
  annotations: tag === undefined ? {} : { "workers/tag": tag },
});

const deployment = (id: string, minute: number) => ({
  created_on: at(minute),
  versions: [{ version_id: id }],
});

/** Wrangler, which remembers what it is asked and fails where `fails` says so. */
function recordingWrangler(hadBefore: boolean, fails: (command: string) => boolean = () => false) {
  const commands: string[] = [];
  const run: RunWrangler = (command, options) => {
    const text = command.slice(0, 3).join(" ");
    const script = command[command.indexOf("--name") + 1] ?? "";
    if (!["d1 list", "deployments status"].some((prefix) => text.startsWith(prefix))) {
      commands.push(
        command
          .slice(0, command[0] === "d1" ? 3 : 4)
          .join(" ")
          .replaceAll(`${root}.candlehouse-deploy/trial/`, ""),
      );
    }
    if (fails(command.join(" "))) {
      return Promise.resolve({ succeeded: false, stdout: "", reason: "told to fail" });
    }
    if (options?.outputFile !== undefined) {
      const entry = { type: "deploy", version_id: "new", targets: ["https://trial.example.com"] };
      writeFileSync(options.outputFile, JSON.stringify(entry));
    }
    const status = { created_on: "2026-01-01", versions: [{ version_id: `before ${script}` }] };
    const names = ["candlehouse-trial", "candlehouse-trial--1", "candlehouse-trial--2"];
    const databases = names.map((name) => ({ name, uuid: `id of ${name}` }));
    const marks = command.includes("SELECT number, count FROM shard") ? [{ results: [] }] : status;
    const stdout = JSON.stringify(text.startsWith("d1 list") ? databases : marks);
    return Promise.resolve(
      !hadBefore && text.startsWith("deployments")
        ? { succeeded: false, stdout: "", reason: "no such Worker [code: 10007]" }
        : { succeeded: true, stdout, reason: "" },
    );
  };
  return { commands, run };
}

async function deployWith(run: RunWrangler, works: boolean, settings: unknown = {}) {
  const lines: string[] = [];
  const urls: string[] = [];
  const succeeded = await deploy({
    environment: environmentWith(settings),
    configs: readWorkerConfigs(),
    run,
    say: (line) => lines.push(line),
    commit: { tag: "abc", message: "a commit" },
    verify: ({ url }) => {
      urls.push(url);
      return Promise.resolve(works);
    },
  });
  return { succeeded, lines, urls };
}

async function statesOf(address: string) {
  const shown: string[] = [];
  const results = await verify({
    account: undefined,
    url: address,
    patienceMs: 0,
    progress: () => undefined,
    show: (result) => shown.push(lineOf(result)),
  });
  const states = Object.fromEntries(results.map(({ name, state }) => [name, state]));
  return { results, states, shown };
}

const rollbacks = (workers: readonly WorkerId[]): string[] =>
  workers.map(
    (worker) => `rollback before candlehouse-${worker}-trial --name candlehouse-${worker}-trial`,
  );

describe("the settings of an environment", () => {
  test("may be left out", () => {
    expect(readEnvironment("nowhere").settings).toEqual({
      databases: 1,
      variables: {},
      workers: {},
    });
  });

  test("of the example can be meant, and bind", () => {
    const text = readFileSync(`${root}deployment/example.json`, "utf8");
    const environment = {
      name: "example",
      settings: parseSettings("deployment/example.json", text),
    };
    const configs = configureWorkers(readWorkerConfigs(), environment, () => "an-id");
    expect(configs.get("query")?.["routes"]).toEqual([
      { pattern: "candles.example.com", custom_domain: true },
    ]);
  });

  test.each([
    ["{", "deployment/trial.json is no JSON"],
    ['{"urls":"x"}', "Unrecognized key"],
    ['{"url":"ftp://x"}', "Invalid URL"],
    ['{"databases":0}', ">=1"],
    ['{"workers":{"query":{"name":"x"}}}', "Unrecognized key"],
    ['{"workers":{"producer":{"workers_dev":true}}}', "only the query Worker may have"],
    ['{"workers":{"monitor":{"routes":[]}}}', "only the query Worker may have"],
  ])("are refused where they cannot be meant: %s", (text, sentence) => {
    expect(() => parseSettings("deployment/trial.json", text)).toThrow(sentence);
  });

  test.each(["Production", "a_b", "-a", "a--b", "x".repeat(31), ""])(
    "have no environment called %j",
    (name) => {
      expect(() => readEnvironment(name)).toThrow(/^--env .*is not allowed/);
    },
  );
});

describe("a configuration for an environment", () => {
  const configs = configureWorkers(
    readWorkerConfigs(),
    environmentWith({
      variables: { HOT_DAYS: "10" },
      workers: { query: { routes: [{ pattern: "candles.example.com", custom_domain: true }] } },
    }),
    (name) => `id of ${name}`,
  );

  test("names everything that belongs to the environment after it", () => {
    const shared = ["candles", "candlehouse", "compaction"];
    for (const config of configs.values()) {
      const names = [
        ...JSON.stringify(config).matchAll(
          /"(?:queue|dead_letter_queue|bucket_name|service|database_name|name)":"([^"]+)"/g,
        ),
      ].map(([, name = ""]) => name);
      const foreign = names.filter((name) => !name.endsWith("-trial"));
      // Rate limits and bindings of Durable Objects have names that are the Worker's own.
      expect(foreign.filter((name) => shared.some((word) => name.startsWith(word)))).toEqual([]);
    }
    expect(configs.get("consumer")?.vars["QUEUE_SUFFIX"]).toBe("-trial");
  });

  test("binds the database by its id, and paths that hold wherever the file lies", () => {
    for (const config of configs.values()) {
      expect(existsSync(config.main)).toBe(true);
      for (const database of config.d1_databases) {
        expect(database.database_id).toBe("id of candlehouse-trial");
        expect(database.migrations_dir).toBe(`${root}migrations`);
      }
    }
  });

  test("sets a variable in every Worker that has it, and adds what the environment adds", () => {
    const withHotDays = [...configs].filter(([, { vars }]) => vars["HOT_DAYS"] === "10");
    expect(withHotDays.map(([worker]) => worker)).toEqual(
      expect.arrayContaining(["archiver", "producer", "monitor"]),
    );
    expect(configs.get("query")?.["routes"]).toHaveLength(1);
  });

  test("binds each of three databases in every Worker that has one", () => {
    const three = configureWorkers(
      readWorkerConfigs(),
      environmentWith({ databases: 3 }),
      (name) => `id of ${name}`,
    );
    for (const { d1_databases: databases, vars } of three.values()) {
      expect(databases.map((each) => [each.binding, each.database_id])).toEqual([
        ["DB", "id of candlehouse-trial"],
        ["DB_1", "id of candlehouse-trial--1"],
        ["DB_2", "id of candlehouse-trial--2"],
      ]);
      expect(vars["D1_SHARDS"]).toBe("3");
    }
  });

  test.each([
    ["D1_SHARDS", "`databases`"],
    ["QUEUE_SUFFIX", "the environment's name"],
  ])("is refused where a setting sets %s, which is made of another one", (name, from) => {
    const environment = environmentWith({ databases: 3, variables: { [name]: "3" } });
    expect(() => configureWorkers(readWorkerConfigs(), environment, () => "x")).toThrow(
      `deployment/trial.json sets ${name} as a variable, but it follows from ${from}: leave it out`,
    );
  });

  test("is refused where a setting names a variable that no Worker has", () => {
    const environment = environmentWith({ variables: { HOT_DAY: "10" } });
    expect(() => configureWorkers(readWorkerConfigs(), environment, () => "x")).toThrow(
      "deployment/trial.json sets HOT_DAY, a variable that no Worker has",
    );
  });
});

describe("the order of a deployment", () => {
  const configs = readWorkerConfigs();

  test("has each Worker after those that it calls", () => {
    for (const [worker, { services }] of configs) {
      for (const { service } of services) {
        const called = WORKERS.find((each) => service === `candlehouse-${each}`);
        expect({ worker, called, ok: isBefore(called, worker) }).toMatchObject({ ok: true });
      }
    }
  });

  test("has who consumes candles before whoever sends them", () => {
    const senders = [...configs].filter(([, { queues }]) =>
      queues.producers.some(({ queue }) => queue === "candles"),
    );
    expect(senders.length).toBeGreaterThan(1);
    for (const [sender] of senders.filter(([worker]) => worker !== "consumer")) {
      expect(isBefore("consumer", sender)).toBe(true);
    }
  });
});

describe("a plan of what is to be provisioned", () => {
  const secret = { worker: "query", name: "BOOTSTRAP_KEY_SHA256" } as const;
  const wanted = { queues: ["a", "b"], databases: ["d"], buckets: ["r"], secrets: [secret] };
  const nothing = {
    queues: new Set<string>(),
    databases: new Set<string>(),
    buckets: new Set<string>(),
    secrets: new Set<string>(),
    workers: new Set<WorkerId>(),
  };
  const all = {
    queues: new Set(["a", "b", "foreign"]),
    databases: new Set(["d"]),
    buckets: new Set(["r"]),
    secrets: new Set(["query BOOTSTRAP_KEY_SHA256"]),
    workers: new Set<WorkerId>(["query"]),
  };

  test("makes what is missing, queues first and secrets last", () => {
    expect(planProvision(wanted, { ...nothing, queues: new Set(["b"]) }, new Set())).toEqual([
      { kind: "queue", name: "a", isThere: false },
      { kind: "queue", name: "b", isThere: true },
      { kind: "database", name: "d", isThere: false },
      { kind: "bucket", name: "r", isThere: false },
      { kind: "secret", secret, isThere: false, isReplaced: false, isOver: false },
    ]);
  });

  test("has nothing to do where all is there", () => {
    expect(planProvision(wanted, all, new Set()).filter(isToDo)).toEqual([]);
  });

  test("does not set the first key again after it was taken away, unless it is told to", () => {
    const taken = { ...all, secrets: new Set<string>() };
    expect(planProvision(wanted, taken, new Set()).filter(isToDo)).toEqual([]);
    expect(planProvision(wanted, taken, new Set([secret.name])).filter(isToDo)).toEqual([
      { kind: "secret", secret, isThere: false, isReplaced: false, isOver: false },
    ]);
  });

  test("replaces a secret only where it is told to", () => {
    expect(planProvision(wanted, all, new Set([secret.name])).filter(isToDo)).toEqual([
      { kind: "secret", secret, isThere: true, isReplaced: true, isOver: false },
    ]);
  });
});

describe("provisioning", () => {
  test("shows no key in a log, and creates nothing then", async () => {
    const { changes, run } = emptyAccount();
    await expect(provisionWith(run, { isLogged: true })).rejects.toThrow("would stand in a log");
    expect(changes).toEqual([]);
  });

  test("takes the key that it is given, and shows none", async () => {
    const { changes, run } = emptyAccount();
    const lines = await provisionWith(run, { isLogged: true, key: "a key" });
    expect(lines.filter((line) => !line.startsWith("created"))).toEqual([]);
    expect(changes.slice(-2)).toEqual([
      "secret bulk --name candlehouse-query-trial <",
      "secret bulk --name candlehouse-monitor-trial <",
    ]);
  });

  test("gives no secret to a command line", async () => {
    const { changes, run } = emptyAccount();
    await provisionWith(run, { key: "a key" });
    expect(changes.join("\n")).not.toMatch(/a key|hook/);
  });

  test("asks for the place where data is kept", async () => {
    const { changes, run } = emptyAccount();
    await provisionWith(run);
    expect(changes).toContain("d1 create candlehouse-trial --location weur");
    expect(changes).toContain("r2 bucket create candlehouse-trial --location weur");
  });

  test("creates each of three databases", async () => {
    const { changes, run } = emptyAccount();
    await provisionWith(run, { environment: environmentWith({ databases: 3 }) });
    expect(changes.filter((change) => change.startsWith("d1 create"))).toEqual([
      "d1 create candlehouse-trial",
      "d1 create candlehouse-trial--1",
      "d1 create candlehouse-trial--2",
    ]);
  });

  test("creates nothing in a dry run, and says what it would", async () => {
    const { changes, run } = emptyAccount();
    const lines = await provisionWith(run, { isDryRun: true });
    expect(changes).toEqual([]);
    expect(lines).toHaveLength(8);
    expect(lines.every((line) => line.startsWith("would be created"))).toBe(true);
  });

  test("stops at what cannot be created, with the reason", async () => {
    const { changes, run } = emptyAccount("d1 create");
    await expect(provisionWith(run)).rejects.toThrow(
      "wrangler d1 create candlehouse-trial: told to fail",
    );
    expect(changes.filter((change) => /^(r2|secret)/.test(change))).toEqual([]);
  });

  test("stops where it is not told whether something is there", async () => {
    const { changes, run } = emptyAccount("queues info");
    await expect(provisionWith(run)).rejects.toThrow("told to fail");
    expect(changes).toEqual([]);
  });
});

describe("migrations", () => {
  const migrations = readMigrations();

  test("of this repository only add, but for those that are marked", () => {
    expect(() => assertExpandOnly(migrations)).not.toThrow();
  });

  test("give the tables that a database must have", () => {
    expect(tablesAfter(migrations)).toEqual(expect.arrayContaining(["price_data", "series"]));
  });

  test.each([
    ["DROP TABLE series;", ["DROP TABLE series"]],
    ['drop table if exists "series"', ['drop table if exists "series"']],
    ["ALTER TABLE series\n  DROP COLUMN tier;", ["ALTER TABLE series DROP"]],
    ["ALTER TABLE series RENAME COLUMN a TO b;", ["ALTER TABLE series RENAME"]],
    ["CREATE UNIQUE INDEX once ON series (tier);", ["CREATE UNIQUE INDEX once ON series"]],
    ["CREATE TABLE t (a); CREATE UNIQUE INDEX once ON t (a); DROP TABLE t;", []],
    ["ALTER TABLE series ADD COLUMN note TEXT; CREATE INDEX i ON series (note);", []],
    ["-- DROP TABLE series", []],
    ["-- contract: nothing reads it since 1.4\nDROP TABLE series;", []],
    ["-- contract:\nDROP TABLE series;", ["DROP TABLE series"]],
  ])("take away what they take away: %s", (sql, found) => {
    expect(findContractions({ name: "9999_x.sql", sql })).toEqual(found);
  });
});

describe("a plan to go back", () => {
  const versions = [
    version("draft", 0),
    version("one", 1, "c1"),
    version("two", 2, "c2"),
    version("bad", 3, "c3"),
    version("four", 4, "c4"),
    version("secret", 5),
  ];
  const plan = (ids: readonly string[], to?: string) =>
    planRollback(
      [
        {
          worker: "query",
          // The newest first.
          deployments: ids.map((id, index) => deployment(id, 60 - index)),
          versions,
        },
      ],
      to,
    );

  test.each([
    ["to what answered before", ["two", "one"], "one"],
    ["past what was rolled back itself", ["four", "two", "bad", "two", "one"], "two"],
    ["further back when it is asked for twice", ["two", "four", "two", "one"], "one"],
    ["from a secret that was set to before its commit", ["secret", "four", "two"], "two"],
  ])("goes %s", (_, ids, expected) => {
    expect(plan(ids)).toMatchObject([{ worker: "query", versionId: expected }]);
  });

  test("goes to the commit that is asked for", () => {
    expect(plan(["four", "two", "one"], "c1")).toMatchObject([{ versionId: "one", tag: "c1" }]);
  });

  test.each([
    [["one", "draft"], undefined, "candlehouse-query has no earlier deployment among"],
    [["two", "one"], "c9", "candlehouse-query has no earlier deployment of c9 among"],
    [[], undefined, "candlehouse-query was never deployed here"],
  ])("says where there is no way back: %j", (ids, to, sentence) => {
    expect(() => plan(ids, to)).toThrow(sentence);
  });
});

describe("a deployment", () => {
  const DEPLOYED = WORKERS.map((worker) => `deploy --config ${worker}/wrangler.json --tag`);

  test("migrates, deploys in order, adds the fleet, and verifies", async () => {
    const { commands, run } = recordingWrangler(true);
    const { succeeded, lines, urls } = await deployWith(run, true);
    expect(succeeded).toBe(true);
    // What is executed first reads whether the database is one of several.
    const execute = "d1 execute candlehouse-trial";
    expect(commands).toEqual(["d1 migrations apply", execute, ...DEPLOYED, execute]);
    expect(urls).toEqual(["https://trial.example.com"]);
    expect(lines.at(-1)).toBe("deployed   abc at https://trial.example.com");
  });

  test("goes back, callers first, where what it made does not work", async () => {
    const { commands, run } = recordingWrangler(true);
    const { succeeded, lines } = await deployWith(run, false);
    expect(succeeded).toBe(false);
    expect(commands.slice(-5)).toEqual(rollbacks(WORKERS.toReversed()));
    expect(lines.at(-1)).toMatch(/^the migrations stay/);
  });

  test("puts back only what it deployed", async () => {
    const { commands, run } = recordingWrangler(true, (command) => command.includes("producer/wr"));
    const { succeeded, lines } = await deployWith(run, true);
    expect(succeeded).toBe(false);
    expect(commands.filter((command) => command.startsWith("rollback"))).toEqual(
      rollbacks(["archiver", "consumer"]),
    );
    expect(lines).toContainEqual(expect.stringContaining("told to fail"));
  });

  test("says which Worker did not go back, and puts back the others", async () => {
    const { commands, run } = recordingWrangler(true, (command) =>
      command.startsWith("rollback before candlehouse-query"),
    );
    await expect(deployWith(run, false)).rejects.toThrow(
      "the rollback is not whole: wrangler rollback before candlehouse-query-trial --name: told to fail",
    );
    expect(commands.filter((command) => command.startsWith("rollback"))).toHaveLength(5);
  });

  test("deploys nothing where a migration fails", async () => {
    const { commands, run } = recordingWrangler(true, (command) => command.includes("migrations"));
    await expect(deployWith(run, true)).rejects.toThrow("told to fail");
    expect(commands).toEqual(["d1 migrations apply"]);
  });

  test("deploys nothing where a database is not marked as one of three", async () => {
    const { commands, run } = recordingWrangler(true);
    await expect(deployWith(run, true, { databases: 3 })).rejects.toThrow(
      "candlehouse-trial is the only database, and not database 1 of 3",
    );
    const execute = "d1 execute candlehouse-trial";
    const migrate = "d1 migrations apply";
    expect(commands).toEqual([migrate, migrate, migrate, execute, execute]);
  });

  test("leaves the Workers as they are where it is the first", async () => {
    const { commands, run } = recordingWrangler(false);
    const { succeeded, lines } = await deployWith(run, false);
    expect(succeeded).toBe(false);
    expect(commands.filter((command) => command.startsWith("rollback"))).toEqual([]);
    expect(lines.at(-1)).toMatch(/^nothing was deployed before/);
  });
});

describe("the verification of a running system", () => {
  let system: System;
  let url: string;

  beforeAll(async () => {
    system = await startSystem();
    await system.addSeries({ source: "binance", symbol: "BTC-USDT", timeframe: "1m" });
    url = (await system.harness.listen()).url.href.replace(/\/$/, "");
  });

  afterAll(() => system.close());

  test("sees a triggered candle arrive, and skips by name what needs an account", async () => {
    const { results, states, shown } = await statesOf(url);
    expect(states).toEqual({
      wrangler: "skipped",
      authenticated: "skipped",
      queues: "skipped",
      consumers: "skipped",
      database: "skipped",
      bucket: "skipped",
      "monitor ran": "skipped",
      health: "ok",
      dashboard: "ok",
      "writes closed": "skipped",
      trigger: "ok",
      candles: "ok",
      monitor: "ok",
      backlog: "ok",
      archive: "skipped",
    });
    expect(isSound(results)).toBe(true);
    expect(shown[0]).toBe("- wrangler          not looked at: this system runs without an account");
  });

  test("says what is wrong and what to do where nothing answers", async () => {
    const { results, states, shown } = await statesOf("http://127.0.0.1:9");
    expect(isSound(results)).toBe(false);
    expect(states).toMatchObject({ health: "failed", trigger: "skipped", archive: "skipped" });
    expect(shown.join("\n")).toMatch(
      /✗ health +http:\/\/127\.0\.0\.1:9\/health does not answer.*\n +→ /,
    );
    const health = results.find(({ name }): boolean => name === "health") satisfies
      | StepResult
      | undefined;
    expect(z.string().parse(health?.advice)).toContain("wrangler tail");
  });
});

test("what belongs to an environment has its name at the end", () => {
  expect(nameIn({ name: "production" }, "candles")).toBe("candles-production");
});
