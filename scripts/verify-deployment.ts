/** `npm run verify-deployment`: looks step by step whether an installation works. */
import { parseArgs } from "node:util";
import { environmentOf } from "./deployment/options.ts";
import { placeWorkers, readUrl } from "./deployment/run-deploy.ts";
import { sentenceOf } from "./deployment/sentence.ts";
import type { AccountTarget } from "./deployment/verify-account.ts";
import { isSound, lineOf } from "./deployment/verify-step.ts";
import { verify } from "./deployment/verify.ts";
import { readWorkerConfigs } from "./deployment/worker-config.ts";
import { runWrangler } from "./deployment/wrangler.ts";

const USAGE = `npm run verify-deployment [-- --env production] [--url http://localhost:8787]

  --env NAME   an environment on Cloudflare; without it, the system at --url alone is looked at
  --url URL    where it answers; default http://localhost:8787, with --env as it was deployed
  --json       answers with one JSON document
  --help       this text

  CANDLEHOUSE_KEY: a key that may write, so that the trigger can be tried

  Ends with exit code 1 where something is wrong.`;

const LOCAL_URL = "http://localhost:8787";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      env: { type: "string" },
      databases: { type: "string" },
      url: { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const isJson = values.json === true;
  const environment = values.env === undefined ? undefined : environmentOf(values);
  const configs = readWorkerConfigs();
  const account: AccountTarget | undefined =
    environment === undefined
      ? undefined
      : {
          environment,
          configs,
          run: runWrangler,
          locate: () => placeWorkers({ environment, configs, run: runWrangler }),
        };
  const url = values.url ?? (environment === undefined ? LOCAL_URL : readUrl(environment));
  const results = await verify({
    account,
    url: url?.replace(/\/$/, ""),
    show: (result) => {
      if (!isJson) {
        process.stdout.write(`${lineOf(result)}\n`);
      }
    },
    patienceMs: 0,
    progress: (line) => void process.stderr.write(`${line}\n`),
  });
  if (isJson) {
    process.stdout.write(`${JSON.stringify({ url: url ?? null, steps: results }, undefined, 2)}\n`);
  }
  process.exitCode = isSound(results) ? 0 : 1;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`✗ ${sentenceOf(error)}\n`);
  process.exitCode = 1;
}
