/** `npm run deploy`: migrates, deploys, verifies; goes back where the result does not work. */
import { parseArgs } from "node:util";
import { buildAssets } from "./build-assets.ts";
import { runCommand } from "./check-command.ts";
import type { Environment } from "./deployment/environment.ts";
import { environmentOf } from "./deployment/options.ts";
import { deploy } from "./deployment/run-deploy.ts";
import { rollBack } from "./deployment/run-rollback.ts";
import { sentenceOf } from "./deployment/sentence.ts";
import { isSound, lineOf } from "./deployment/verify-step.ts";
import { verify } from "./deployment/verify.ts";
import { readWorkerConfigs } from "./deployment/worker-config.ts";
import { runWrangler } from "./deployment/wrangler.ts";

const USAGE = `npm run deploy -- --env production

  --env NAME         the environment that \`npm run provision\` created
  --databases COUNT  as it was provisioned; default 1
  --rollback         puts the Workers back to what answered before, and deploys nothing
  --to COMMIT        with --rollback: to the deployment of this commit
  --help             this text

  CANDLEHOUSE_KEY: a key that may write, so that the trigger can be tried

  Ends with exit code 1 where it does not work; the Workers are those of before then.`;

/** Characters of a commit's hash in a version's tag; a tag holds 25. */
const TAG_LENGTH = 12;
const MESSAGE_LENGTH_MAX = 100;
/** How long it may take until what was just deployed answers everywhere. */
const ANSWER_MS_MAX = 60_000;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function runGit(...command: readonly string[]): Promise<string> {
  const { succeeded, output } = await runCommand(["git", ...command]);
  if (!succeeded) {
    throw new Error(`git ${command.join(" ")}: ${output}`);
  }
  return output;
}

/** The commit that is checked out, and whether something was changed since. */
async function readCommit(): Promise<{ tag: string; message: string }> {
  const hash = await runGit("rev-parse", "HEAD");
  const subject = await runGit("log", "-1", "--format=%s");
  const isChanged = (await runGit("status", "--porcelain", "--untracked-files=no")) !== "";
  return {
    tag: `${hash.slice(0, TAG_LENGTH)}${isChanged ? "-changed" : ""}`,
    message: subject.slice(0, MESSAGE_LENGTH_MAX),
  };
}

async function deployEnvironment(environment: Environment): Promise<boolean> {
  const commit = await readCommit();
  await buildAssets();
  const configs = readWorkerConfigs();
  return deploy({
    environment,
    configs,
    run: runWrangler,
    say,
    commit,
    verify: async ({ url, databases, configFile }) => {
      const locate = () => Promise.resolve({ databases, configFile });
      const results = await verify({
        account: { environment, configs, run: runWrangler, locate },
        url,
        show: (result) => say(lineOf(result)),
        progress: say,
        patienceMs: ANSWER_MS_MAX,
      });
      return isSound(results);
    },
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      env: { type: "string" },
      databases: { type: "string" },
      rollback: { type: "boolean" },
      to: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    say(USAGE);
    return;
  }
  if (values.to !== undefined && values.rollback !== true) {
    throw new Error("--to says where a --rollback goes: give both");
  }
  const environment = environmentOf(values);
  if (values.rollback === true) {
    await rollBack({ environment, run: runWrangler, say }, values.to);
  } else {
    process.exitCode = (await deployEnvironment(environment)) ? 0 : 1;
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`✗ ${sentenceOf(error)}\n`);
  process.exitCode = 1;
}
