import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { descendantsOf, endProcesses } from "./process-tree.ts";

export const root = new URL("../", import.meta.url).pathname;

/** What a command printed, both streams together as they came. */
export interface CommandResult {
  readonly succeeded: boolean;
  readonly output: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  /** Whether it writes straight to the terminal; its output is then not kept. */
  readonly isShown?: boolean;
  /** Beside those of this process. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Runs `file`, a tool of node_modules/.bin or one on the PATH; resolves when it has ended. */
export async function runCommand(
  [file, ...commandArguments]: readonly [string, ...string[]],
  { cwd = root, isShown = false, variables = {} }: CommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(file, commandArguments, {
    cwd,
    env: { ...toolEnvironment(), ...variables },
    stdio: isShown ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
  });
  const pieces: Buffer[] = [];
  child.stdout?.on("data", (piece: Buffer) => pieces.push(piece));
  child.stderr?.on("data", (piece: Buffer) => pieces.push(piece));
  return new Promise((resolve, reject) => {
    child.on("error", (error) => reject(new Error(`${file} cannot be run: ${error.message}`)));
    child.on("close", (code) => resolve({ succeeded: code === 0, output: textOf(pieces) }));
  });
}

/** Ends every process that this one has started, and theirs. */
export async function endCommands(): Promise<void> {
  await endProcesses(descendantsOf(process.pid));
}

/** Some tools colour what a file is to hold, whatever NO_COLOR says. */
function textOf(pieces: readonly Buffer[]): string {
  const text = Buffer.concat(pieces).toString().trim();
  return isColourful() ? text : stripVTControlCharacters(text);
}

function isColourful(): boolean {
  return process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
}

function toolEnvironment(): NodeJS.ProcessEnv {
  const { NO_COLOR: _, FORCE_COLOR: __, ...rest } = process.env;
  return {
    ...rest,
    ...(isColourful() ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" }),
    PATH: `${root}node_modules/.bin:${process.env["PATH"] ?? ""}`,
    // Nothing is asked on the terminal, sent home or fetched from Cloudflare.
    CI: "true",
    WRANGLER_SEND_METRICS: "false",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    WRANGLER_LOG_PATH: process.env["WRANGLER_LOG_PATH"] ?? `${root}node_modules/.cache/wrangler`,
  };
}
