/** `npm run provision`: creates on Cloudflare what an environment lacks. */
import { parseArgs } from "node:util";
import { LOCATIONS } from "./deployment/environment.ts";
import { environmentOf } from "./deployment/options.ts";
import { provision } from "./deployment/run-provision.ts";
import { sentenceOf } from "./deployment/sentence.ts";
import {
  BOOTSTRAP,
  GIVEN_SECRETS,
  BOOTSTRAP_VARIABLE,
  readGivenSecrets,
} from "./deployment/secrets.ts";
import { readWorkerConfigs } from "./deployment/worker-config.ts";
import { runWrangler } from "./deployment/wrangler.ts";

const USAGE = `npm run provision -- --env production

  --env NAME         the environment; its settings are in deployment/NAME.json, where that is there
  --dry-run          says what is missing, and creates nothing
  --databases COUNT  D1 databases that candles are spread over; default 1
  --location PLACE   where they are kept: ${LOCATIONS.join(", ")}
  --replace SECRET   sets the secret though it is set already; may be given several times
  --help             this text

  Secrets are set where these variables hold them, never from the command line:
  ${GIVEN_SECRETS.map(({ name }) => name).join(", ")}
  ${BOOTSTRAP_VARIABLE}: the first key; where it is not set, one is made and shown once`;

/** Names of secrets, each of which is known. */
function readReplaced(names: readonly string[]): Set<string> {
  const known = [BOOTSTRAP, ...GIVEN_SECRETS].map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Error(`--replace ${unknown} is not allowed: one of ${known.join(", ")}`);
  }
  return new Set(names);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      env: { type: "string" },
      "dry-run": { type: "boolean" },
      databases: { type: "string" },
      location: { type: "string" },
      replace: { type: "string", multiple: true },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    say(USAGE);
    return;
  }
  const key = process.env[BOOTSTRAP_VARIABLE] || undefined;
  await provision({
    environment: environmentOf(values),
    configs: readWorkerConfigs(),
    run: runWrangler,
    say,
    given: readGivenSecrets(process.env),
    replaced: readReplaced(values.replace ?? []),
    key,
    isLogged: (process.env["CI"] ?? "") !== "",
    isDryRun: values["dry-run"] === true,
  });
}

try {
  await main();
} catch (error) {
  process.stderr.write(`✗ ${sentenceOf(error)}\n`);
  process.exitCode = 1;
}
