import { databaseNames } from "../shard-config.ts";
import { nameIn, scriptName, type Environment, type WorkerId } from "./environment.ts";
import { hasBucket, readDatabases, readQueueConsumers, readSecretNames } from "./account.ts";
import {
  isToDo,
  planProvision,
  secretId,
  type Existing,
  type ProvisionStep,
  type Wanted,
} from "./provision-plan.ts";
import {
  BOOTSTRAP,
  hashOfKey,
  BOOTSTRAP_VARIABLE,
  newKey,
  type SecretName,
  type SecretValue,
} from "./secrets.ts";
import type { WorkerConfig } from "./worker-config.ts";
import { callWrangler, type RunWrangler } from "./wrangler.ts";

/** What provisioning works on. */
export interface Provisioning {
  readonly environment: Environment;
  readonly configs: ReadonlyMap<WorkerId, WorkerConfig>;
  readonly run: RunWrangler;
  /** Gets each line that is to be read. */
  readonly say: (line: string) => void;
  /** Secrets whose values this process was given. */
  readonly given: readonly SecretValue[];
  /** Names of secrets that get a new value though they have one. */
  readonly replaced: ReadonlySet<string>;
  /** The key to install first, where the operator has one; otherwise one is made and shown. */
  readonly key: string | undefined;
  /** Whether what is said is kept where others read it, so that no key may be shown. */
  readonly isLogged: boolean;
  readonly isDryRun: boolean;
}

/** What the Workers' configurations name: queues, databases, buckets; and the secrets. */
function wantedOf({ environment, configs, given }: Provisioning): Wanted {
  const all = [...configs.values()];
  const unique = (names: readonly string[]): string[] =>
    [...new Set(names)].map((name) => nameIn(environment, name)).toSorted();
  const consumers = all.flatMap(({ queues }) => queues.consumers);
  return {
    queues: unique([
      ...consumers.flatMap(({ queue, dead_letter_queue: dead }) => [queue, dead ?? queue]),
      ...all.flatMap(({ queues }) => queues.producers.map(({ queue }) => queue)),
    ]),
    databases: unique(
      all.flatMap(({ d1_databases }) => d1_databases.map(({ database_name: name }) => name)),
    ).flatMap((name) => databaseNames(name, environment.settings.databases)),
    buckets: unique(all.flatMap(({ r2_buckets }) => r2_buckets.map((each) => each.bucket_name))),
    secrets: [BOOTSTRAP, ...given],
  };
}

/** Creates what is missing; says a line for each thing. Throws a sentence at the first failure. */
export async function provision(work: Provisioning): Promise<void> {
  const wanted = wantedOf(work);
  const steps = planProvision(wanted, await readExisting(work, wanted), work.replaced);
  const isBootstrapToDo = steps.some(
    (step) => step.kind === "secret" && step.secret.name === BOOTSTRAP.name && isToDo(step),
  );
  if (isBootstrapToDo && work.key === undefined && work.isLogged && !work.isDryRun) {
    throw new Error(
      `${BOOTSTRAP.name} is not set, and a key that is made here would stand in a log: set ${BOOTSTRAP_VARIABLE} to a key of your own, or run \`npm run provision\` once at a terminal`,
    );
  }
  for (const kind of ["queue", "database", "bucket", "secret"] as const) {
    // oxlint-disable-next-line no-await-in-loop -- what comes later may need what comes before
    await provisionKind(
      work,
      steps.filter((step) => step.kind === kind),
    );
  }
}

async function readExisting({ run, environment }: Provisioning, wanted: Wanted): Promise<Existing> {
  const workers = [...new Set(wanted.secrets.map(({ worker }) => worker))];
  // The first question tells whether wrangler may ask anything.
  const databases = await readDatabases(run);
  const [queues, buckets, secrets] = await Promise.all([
    Promise.all(
      wanted.queues.map(async (name) =>
        (await readQueueConsumers(run, name)) === undefined ? [] : [name],
      ),
    ),
    Promise.all(wanted.buckets.map(async (name) => ((await hasBucket(run, name)) ? [name] : []))),
    Promise.all(
      workers.map(async (worker) => ({
        worker,
        names: await readSecretNames(run, environment, worker),
      })),
    ),
  ]);
  return {
    databases: new Set(databases.keys()),
    queues: new Set(queues.flat()),
    buckets: new Set(buckets.flat()),
    secrets: new Set(
      secrets.flatMap(({ worker, names = [] }) => names.map((name) => secretId({ worker, name }))),
    ),
    workers: new Set(secrets.flatMap(({ worker, names }) => (names === undefined ? [] : [worker]))),
  };
}

async function provisionKind(work: Provisioning, steps: readonly ProvisionStep[]): Promise<void> {
  for (const step of steps.filter((each) => !isToDo(each))) {
    const isOver = step.kind === "secret" && step.isOver;
    work.say(
      isOver
        ? `left out  ${describe(step)}: the Worker was there without it; --replace ${step.secret.name} sets it`
        : `is there  ${describe(step)}`,
    );
  }
  const toDo = steps.filter(isToDo);
  if (work.isDryRun) {
    toDo.forEach((step) => work.say(`would be ${verbOf(step)}  ${describe(step)}`));
    return;
  }
  for (const step of toDo) {
    if (step.kind !== "secret") {
      // oxlint-disable-next-line no-await-in-loop -- nothing is made any more behind a failure
      await create(work, step.kind, step.name);
    }
  }
  const secrets = toDo.flatMap((step) => (step.kind === "secret" ? [step] : []));
  const workers = new Set(secrets.map(({ secret }) => secret.worker));
  for (const worker of workers) {
    // oxlint-disable-next-line no-await-in-loop -- one Worker after the other
    await putSecrets(
      work,
      worker,
      secrets.filter(({ secret }) => secret.worker === worker),
    );
  }
}

function verbOf(step: ProvisionStep): string {
  return step.isThere ? "replaced" : "created";
}

function describe(step: ProvisionStep): string {
  return step.kind === "secret"
    ? `secret ${step.secret.name} of the ${step.secret.worker}`
    : `${step.kind} ${step.name}`;
}

async function create(
  { run, say, environment }: Provisioning,
  kind: "queue" | "database" | "bucket",
  name: string,
): Promise<void> {
  const { location } = environment.settings;
  const near = location === undefined ? [] : ["--location", location];
  const commands = {
    queue: ["queues", "create", name],
    database: ["d1", "create", name, ...near],
    bucket: ["r2", "bucket", "create", name, ...near],
  };
  await callWrangler(run, commands[kind]);
  say(`created   ${kind} ${name}`);
}

/** All of a Worker's in one request. Wrangler makes an empty Worker where there is none yet. */
async function putSecrets(
  work: Provisioning,
  worker: WorkerId,
  steps: readonly Extract<ProvisionStep, { kind: "secret" }>[],
): Promise<void> {
  const madeKey = work.key ?? newKey();
  const valueOf = ({ name }: SecretName): string =>
    name === BOOTSTRAP.name
      ? hashOfKey(madeKey)
      : (work.given.find((secret) => secret.name === name)?.value ?? "");
  const values = Object.fromEntries(steps.map(({ secret }) => [secret.name, valueOf(secret)]));
  await callWrangler(work.run, ["secret", "bulk", "--name", scriptName(work.environment, worker)], {
    input: JSON.stringify(values),
  });
  steps.forEach((step) => work.say(`${verbOf(step).padEnd(8)}  ${describe(step)}`));
  if (BOOTSTRAP.name in values && work.key === undefined) {
    work.say(`          the key is ${madeKey}`);
    work.say("          it is shown this once: keep it, and make all other keys with it");
  }
}
