/**
 * Runs one of the project's commands on a machine that has any Node.js from 18 and npm: brings the
 * pinned Node.js and pnpm, installs what is missing, says so, and hands over. Plain JavaScript of
 * 2022, since an old Node.js reads it.
 *
 *   node scripts/bootstrap.mjs local|check|measure|screenshots|cli|… [arguments]
 *
 * The command line is run often, and its output is read by programs: where everything is there, it
 * is handed over to at once, and what is said meanwhile goes to standard error.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const nodeVersion = readFileSync(join(root, ".nvmrc"), "utf8").trim();
const { config } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const packageManager = `pnpm@${config.pnpm}`;
const COMMANDS = {
  local: "scripts/start.ts",
  check: "scripts/check.ts",
  measure: "benchmarks/run.ts",
  screenshots: "tests/dashboard/screenshots.ts",
  cli: "packages/cli/src/candlehouse.ts",
  provision: "scripts/provision.ts",
  deploy: "scripts/deploy.ts",
  "verify-deployment": "scripts/verify-deployment.ts",
  nightly: "scripts/nightly.ts",
  load: "tests/load/run.ts",
  "simulate-month": "scripts/simulate-month.ts",
};

const [command, ...commandArguments] = process.argv.slice(2);
const script = COMMANDS[command];
if (script === undefined) {
  fail(`unknown command ${command}: there are ${Object.keys(COMMANDS).join(", ")}`);
}

const isCli = command === "cli";
/** The command line is called often: it fetches nothing where nothing is missing. */
const isQuick = isCli && isInstalled();
const toolsDirectory = isQuick && isNodeNew() ? dirname(process.execPath) : findTools();
const env = {
  ...process.env,
  PATH: `${toolsDirectory}${delimiter}${process.env.PATH}`,
  // Wrangler is a large program, and is started often.
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, "node_modules/.cache/node"),
  // Wrangler asks nothing and sends nothing unless its user says otherwise.
  WRANGLER_SEND_METRICS: process.env.WRANGLER_SEND_METRICS ?? "false",
};
if (!isQuick) {
  install();
}
run();

/** Whether this Node.js will do. */
function isNodeNew() {
  return majorOf(process.versions.node) >= majorOf(nodeVersion);
}

/** Whether the packages were installed after they last changed. */
function isInstalled() {
  // pnpm writes this file with each install, whatever there was to do.
  const installed = join(root, "node_modules", ".pnpm-workspace-state-v1.json");
  return (
    existsSync(installed) &&
    statSync(installed).mtimeMs >= statSync(join(root, "pnpm-lock.yaml")).mtimeMs
  );
}

function majorOf(version) {
  return Number(version.split(".")[0]);
}

/** The folder that holds the pinned node and pnpm. */
function findTools() {
  if (!isQuick) {
    say(`Node.js ${nodeVersion} and ${packageManager}: fetched once, then from npm's cache`);
  }
  const printNode = "process.stdout.write(process.env.PATH.split(require('path').delimiter)[0])";
  const result = spawnSync(
    "npx",
    [
      "--yes",
      "--package",
      `node@${nodeVersion}`,
      "--package",
      packageManager,
      "--",
      "node",
      "-e",
      printNode,
    ],
    { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
  );
  const directory = (result.stdout ?? "").trim();
  if (result.status !== 0 || !existsSync(join(directory, "node"))) {
    fail(`could not fetch them with npx: ${result.error ?? result.stderr}`);
  }
  return directory;
}

function install() {
  const isFirst = !existsSync(join(root, "node_modules"));
  say(`packages: installing ${isFirst ? "them (about half a minute)" : "what is missing"}`);
  const result = spawnSync(
    "pnpm",
    ["install", "--frozen-lockfile", "--prefer-offline", "--reporter=append-only"],
    {
      cwd: root,
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  if (result.status !== 0) {
    fail(`pnpm install failed:\n${result.stdout ?? ""}${result.stderr ?? result.error}`);
  }
}

/** Hands over to the command; signals go on to it, and its exit code comes back. */
function run() {
  const child = spawn("node", [join(root, script), ...commandArguments], {
    // npm changes into the root; files that a user names are where the user is.
    cwd: isCli ? (process.env.INIT_CWD ?? process.cwd()) : root,
    env,
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => child.kill(signal));
  }
  child.on("error", (error) => fail(`could not start ${script}: ${error}`));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));
}

function say(text) {
  (isCli ? process.stderr : process.stdout).write(`candlehouse: ${text}\n`);
}

function fail(text) {
  process.stderr.write(`candlehouse: ${text}\n`);
  process.exit(1);
}
