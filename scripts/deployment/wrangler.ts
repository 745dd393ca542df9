import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { stripVTControlCharacters } from "node:util";
import { z } from "zod";
import { root } from "../check-command.ts";

/** Not the command in `bin`, which starts a second Node.js for it. */
const wrangler = `${root}node_modules/wrangler/wrangler-dist/cli.js`;

export interface WranglerOptions {
  /** What it reads from standard input: secrets, which nobody is to see in a list of processes. */
  readonly input?: string;
  /** A file that it appends a line of JSON to for each thing that it did. */
  readonly outputFile?: string;
}

export interface WranglerAnswer {
  readonly succeeded: boolean;
  readonly stdout: string;
  /** What it says is wrong, in one line; empty where it succeeded. */
  readonly reason: string;
}

/** Wrangler, or a stand-in that records what it is asked. */
export type RunWrangler = (
  command: readonly string[],
  options?: WranglerOptions,
) => Promise<WranglerAnswer>;

/** Runs the pinned wrangler; asks nothing on the terminal. */
export const runWrangler: RunWrangler = async (command, { input, outputFile } = {}) => {
  const child = spawn(process.execPath, ["--no-warnings", wrangler, ...command], {
    cwd: root,
    env: {
      ...process.env,
      CI: "true",
      WRANGLER_SEND_METRICS: "false",
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      FORCE_COLOR: "0",
      NO_COLOR: "1",
      WRANGLER_LOG_PATH: `${root}node_modules/.cache/wrangler`,
      // Reading its 15 MB of JavaScript takes most of a short command's time.
      NODE_COMPILE_CACHE: `${root}node_modules/.cache/node`,
      ...(outputFile === undefined ? {} : { WRANGLER_OUTPUT_FILE_PATH: outputFile }),
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (piece: Buffer) => (stdout += piece.toString()));
  child.stderr.on("data", (piece: Buffer) => (stderr += piece.toString()));
  // It may end without having read its input.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input ?? "");
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const succeeded = code === 0;
  return { succeeded, stdout, reason: succeeded ? "" : explain(reasonOf(stderr, stdout)) };
};

/** Where wrangler's report of an error ends. */
const REASON_END = /^(If you think this is a bug|🪵|Note that|To learn more)/;

/** Who runs wrangler without a login reads this in place of its own advice, which is for a trial account. */
export const LOGIN_ADVICE =
  "set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, or `pnpm exec wrangler login`; docs/deployment.md says what the token must be allowed";
const NO_LOGIN = /necessary to set a CLOUDFLARE_API_TOKEN|not logged in|not authenticated/i;
const REFUSED_LOGIN = /\[code: (10000|9109)\]/;

/** What wrangler says is wrong, as a sentence; where it is the login, with what to do. */
function explain(reason: string): string {
  if (NO_LOGIN.test(reason)) {
    return `nobody is logged in at Cloudflare: ${LOGIN_ADVICE}`;
  }
  return REFUSED_LOGIN.test(reason) ? `${reason}: ${LOGIN_ADVICE}` : reason;
}

/** The lines of an error that wrangler printed, as one. */
function reasonOf(...outputs: readonly string[]): string {
  for (const output of outputs.map((each) => stripVTControlCharacters(each))) {
    const [, after] = output.split(/\[ERROR\] /, 2);
    if (after !== undefined) {
      const lines = after.split("\n").map((line) => line.trim());
      const end = lines.findIndex((line) => REASON_END.test(line));
      return lines
        .slice(0, end === -1 ? undefined : end)
        .filter((line) => line !== "")
        .join(" ");
    }
  }
  return outputs.join(" ").trim() || "wrangler failed and said nothing";
}

/** Runs `command`; returns what it printed. Throws a sentence where it fails. */
export async function callWrangler(
  run: RunWrangler,
  command: readonly string[],
  options?: WranglerOptions,
): Promise<string> {
  const { succeeded, stdout, reason } = await run(command, options);
  if (!succeeded) {
    throw new Error(`wrangler ${command.slice(0, 3).join(" ")}: ${reason}`);
  }
  return stdout;
}

/** Runs a command that prints JSON, and nothing else. Throws a sentence where it fails. */
export async function readWrangler<Value>(
  run: RunWrangler,
  command: readonly string[],
  schema: z.ZodType<Value>,
): Promise<Value> {
  return parseAnswer(await callWrangler(run, command), schema);
}

/** The JSON of an answer; a notice of a new version may stand before it. */
export function parseAnswer<Value>(stdout: string, schema: z.ZodType<Value>): Value {
  return schema.parse(JSON.parse(stdout.slice(Math.max(stdout.search(/^[[{]/m), 0))));
}

const deployedSchema = z.object({
  type: z.literal("deploy"),
  version_id: z.string(),
  targets: z.array(z.string()).optional(),
});

/** What a deployment came to. */
export type DeployedVersion = z.infer<typeof deployedSchema>;

/** Deploys the Worker of the configuration `file`, marked with `tag`. Throws a sentence. */
export async function deployWorker(
  run: RunWrangler,
  file: string,
  { tag, message }: { readonly tag: string; readonly message: string },
): Promise<DeployedVersion> {
  const outputFile = `${tmpdir()}/candlehouse-deploy-${process.pid}-${crypto.randomUUID()}.ndjson`;
  try {
    await callWrangler(
      run,
      // A bucket that is missing is to be noticed, not made anew.
      ["deploy", "--config", file, "--tag", tag, "--message", message, "--no-x-provision"],
      { outputFile },
    );
    const entries = readFileSync(outputFile, "utf8").trim().split("\n");
    const found = entries
      .map((entry) => deployedSchema.safeParse(JSON.parse(entry)))
      .find(({ success }) => success);
    if (found?.data === undefined) {
      throw new Error(`wrangler deploy: it did not say which version ${file} became`);
    }
    return found.data;
  } finally {
    rmSync(outputFile, { force: true });
  }
}
