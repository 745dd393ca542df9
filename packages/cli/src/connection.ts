import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { sentenceOf, usageError } from "./command-error.ts";

/** Where the system answers, and the key that is shown. */
export interface Connection {
  /** Without a slash at its end. */
  readonly url: string;
  readonly key: string | undefined;
}

export interface ConnectionFlags {
  readonly url?: string | undefined;
  readonly key?: string | undefined;
  readonly config?: string | undefined;
}

const DEFAULT_URL = "http://localhost:8787";

/** Permission bits that let anyone but the owner read. */
const OTHERS_READ = 0o044;

const configSchema = z.strictObject({
  url: z.string().optional(),
  key: z.string().min(1).optional(),
});

/**
 * Each of the two from the flags, else from CANDLEHOUSE_URL and CANDLEHOUSE_KEY, else from the
 * configuration file, else the instance on this machine. A variable that is set to nothing counts as
 * not set. Throws a CommandError.
 */
export function readConnection(
  flags: ConnectionFlags,
  environment: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): Connection {
  const config = readConfig(flags.config, environment, platform);
  const url =
    flags.url ?? (environment["CANDLEHOUSE_URL"] || undefined) ?? config.url ?? DEFAULT_URL;
  return {
    url: readUrl(url),
    key: flags.key ?? (environment["CANDLEHOUSE_KEY"] || undefined) ?? config.key,
  };
}

function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw usageError(
      `the address ${JSON.stringify(text)} is not one: give --url as https://candles.example.com`,
    );
  }
  return text.replace(/\/+$/, "");
}

/** The file that `named` says, which must be there, or the user's own, where there is one. */
function readConfig(
  named: string | undefined,
  environment: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
): z.output<typeof configSchema> {
  const path = named ?? defaultConfigPath(environment);
  const text = readText(path, named !== undefined);
  if (text === undefined) {
    return {};
  }
  const config = configSchema.safeParse(parseJson(text));
  if (!config.success) {
    throw usageError(
      `${path} is no configuration: it is JSON with url and key and nothing else, such as {"url": "https://candles.example.com", "key": "…"}`,
    );
  }
  const { mode } = statSync(path);
  // Windows keeps permissions elsewhere: the mode says nothing there.
  if (config.data.key !== undefined && platform !== "win32" && (mode & OTHERS_READ) !== 0) {
    throw usageError(`${path} holds a key that others can read: chmod 600 ${path}`);
  }
  return config.data;
}

/** `~/.config/candlehouse/config.json`, or where XDG_CONFIG_HOME says. */
function defaultConfigPath(environment: NodeJS.ProcessEnv): string {
  const home = environment["XDG_CONFIG_HOME"] || join(environment["HOME"] || homedir(), ".config");
  return join(home, "candlehouse", "config.json");
}

function readText(path: string, isNeeded: boolean): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (!isNeeded && error instanceof Error && "code" in error && error.code === "ENOENT") {
      return undefined;
    }
    throw usageError(`the configuration cannot be read: ${sentenceOf(error)}`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON fits no schema either.
    return undefined;
  }
}
