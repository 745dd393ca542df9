import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { root } from "../check-command.ts";
import { expandFleet, seedStatement } from "../../workers/producer/src/fleet.ts";
import { executeOnDatabase, readCurrentVersion, readDatabases } from "./account.ts";
import {
  scriptName,
  workDirectory,
  WORKERS,
  type Environment,
  type WorkerId,
} from "./environment.ts";
import { markDatabase } from "./databases.ts";
import { assertExpandOnly, readMigrations } from "./migration-check.ts";
import { rollBackTo } from "./run-rollback.ts";
import { sentenceOf } from "./sentence.ts";
import { configureWorkers, writeWorkerConfigs, type WorkerConfig } from "./worker-config.ts";
import { callWrangler, deployWorker, type RunWrangler } from "./wrangler.ts";

/** Series that one statement adds: 200 bytes each, and D1 takes 100 KB. */
const SEED_SERIES_MAX = 400;

/** What a deployment works on. */
export interface DeployWork {
  readonly environment: Environment;
  readonly configs: ReadonlyMap<WorkerId, WorkerConfig>;
  readonly run: RunWrangler;
  readonly say: (line: string) => void;
  /** The commit, as versions are tagged with it, and a line that says what it is. */
  readonly commit: { readonly tag: string; readonly message: string };
  /** Whether the system at this address works; says what it finds itself. */
  readonly verify: (target: DeployTarget) => Promise<boolean>;
}

/** Where a deployment is found. */
export interface DeployTarget {
  readonly url: string;
  readonly databases: readonly string[];
  /** A Worker's configuration that binds the databases. */
  readonly configFile: string;
}

/** The databases of an environment, in their order, and a configuration that binds all of them. */
export interface Placement {
  readonly files: ReadonlyMap<WorkerId, string>;
  readonly databases: readonly string[];
  readonly configFile: string;
}

/** Writes the Workers' configurations with the ids that the account has. Throws a sentence. */
export async function placeWorkers({
  environment,
  configs,
  run,
}: Pick<DeployWork, "environment" | "configs" | "run">): Promise<Placement> {
  const ids = await readDatabases(run);
  const idOf = (name: string): string => {
    const id = ids.get(name);
    if (id === undefined) {
      throw new Error(
        `there is no database ${name}: \`npm run provision -- --env ${environment.name}\` creates it`,
      );
    }
    return id;
  };
  const configured = configureWorkers(configs, environment, idOf);
  const files = writeWorkerConfigs(environment, configured);
  const names = configured.get("consumer")?.d1_databases.map((each) => each.database_name) ?? [];
  return { files, databases: names, configFile: files.get("consumer") ?? "" };
}

/**
 * Migrates, deploys each Worker after those that it calls, adds the series that the fleet file asks
 * for, and has the result verified. Where a Worker cannot be deployed or the result does not work,
 * those that were deployed go back to their versions before. Returns whether it worked. Throws a
 * sentence where nothing was deployed yet, or the way back failed too.
 */
export async function deploy(work: DeployWork): Promise<boolean> {
  const { environment, run, say, commit } = work;
  assertExpandOnly(readMigrations());
  const placement = await placeWorkers(work);
  const before = await readVersionsBefore(run, environment);
  for (const database of placement.databases) {
    const command = ["d1", "migrations", "apply", database, "--remote"];
    // oxlint-disable-next-line no-await-in-loop -- a failure leaves the next ones alone
    await callWrangler(run, [...command, "--config", placement.configFile]);
    say(`migrated   database ${database}`);
  }
  const { databases, configFile } = placement;
  for (const [index, name] of databases.entries()) {
    // oxlint-disable-next-line no-await-in-loop -- a failure leaves the next ones alone
    await markDatabase(run, { name, index, count: databases.length, configFile });
  }
  const deployed: WorkerId[] = [];
  try {
    const url = await deployWorkers(work, placement, deployed);
    await seedFleet(work, placement);
    noteDeployment(environment, { commit: commit.tag, url });
    if (await work.verify({ url, databases, configFile })) {
      say(`deployed   ${commit.tag} at ${url}`);
      return true;
    }
    say("✗ what was deployed does not work");
  } catch (error) {
    say(`✗ ${sentenceOf(error)}`);
  }
  await goBack(work, before, deployed);
  return false;
}

async function readVersionsBefore(
  run: RunWrangler,
  environment: Environment,
): Promise<ReadonlyMap<WorkerId, string | undefined>> {
  return new Map(
    await Promise.all(
      WORKERS.map(
        async (worker) =>
          [worker, await readCurrentVersion(run, scriptName(environment, worker))] as const,
      ),
    ),
  );
}

/** One after the other; `deployed` gets each that is there. Returns where the system answers. */
async function deployWorkers(
  { environment, run, say, commit }: DeployWork,
  { files }: Placement,
  deployed: WorkerId[],
): Promise<string> {
  let { url } = environment.settings;
  for (const worker of WORKERS) {
    // oxlint-disable-next-line no-await-in-loop -- each calls those before it
    const { version_id: versionId, targets = [] } = await deployWorker(
      run,
      files.get(worker) ?? "",
      commit,
    );
    deployed.push(worker);
    say(`deployed   ${scriptName(environment, worker)} ${versionId}`);
    if (worker === "query") {
      url ??= targets.find((target) => target.startsWith("https://"));
    }
  }
  if (url === undefined) {
    throw new Error(
      `the query Worker has no address: give one in deployment/${environment.name}.json, as url`,
    );
  }
  return url.replace(/\/$/, "");
}

/** Adds what the fleet file asks for and is not there; changes nothing that is. */
async function seedFleet(
  { run, say }: DeployWork,
  { databases, configFile }: Placement,
): Promise<void> {
  const fleet: unknown = JSON.parse(readFileSync(`${root}workers/producer/fleet.json`, "utf8"));
  const series = expandFleet(fleet);
  for (let from = 0; from < series.length; from += SEED_SERIES_MAX) {
    const some = series.slice(from, from + SEED_SERIES_MAX);
    for (const [index, database] of databases.entries()) {
      const sql = seedStatement(some, index, databases.length);
      // oxlint-disable-next-line no-await-in-loop -- D1 has one writer
      await executeOnDatabase(run, database, configFile, sql);
    }
  }
  say(`seeded     ${series.length} series of the fleet file are in ${databases.join(", ")}`);
}

async function goBack(
  work: DeployWork,
  before: ReadonlyMap<WorkerId, string | undefined>,
  deployed: readonly WorkerId[],
): Promise<void> {
  const { say, commit } = work;
  if ([...before.values()].includes(undefined)) {
    say("nothing was deployed before: the Workers stay as they are, to be looked at");
    return;
  }
  const steps = deployed.flatMap((worker) => {
    const versionId = before.get(worker);
    return versionId === undefined ? [] : [{ worker, versionId }];
  });
  await rollBackTo(work, steps, `${commit.tag} does not work`);
  say("the migrations stay: the versions before work with them, since they only add");
}

const noteSchema = z.object({ commit: z.string(), url: z.string() });

/** What was deployed last from this folder. */
export type DeployNote = z.infer<typeof noteSchema>;

function noteDeployment(environment: Environment, note: DeployNote): void {
  mkdirSync(workDirectory(environment), { recursive: true });
  writeFileSync(`${workDirectory(environment)}/deployed.json`, `${JSON.stringify(note)}\n`);
}

/** Where the environment answers: as its settings say, else as it was deployed from this folder. */
export function readUrl(environment: Environment): string | undefined {
  const { url } = environment.settings;
  if (url !== undefined) {
    return url.replace(/\/$/, "");
  }
  try {
    const text = readFileSync(`${workDirectory(environment)}/deployed.json`, "utf8");
    return noteSchema.parse(JSON.parse(text)).url;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}
