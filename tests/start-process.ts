import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { aliveOf, descendantsOf, endProcesses } from "../scripts/process-tree.ts";
import { isPortFree } from "../scripts/start-settings.ts";

const START = new URL("../scripts/start.ts", import.meta.url).pathname;
const POLL_MS = 100;

/** Below 32768, where Linux begins to give ports by itself; PORT_END is exclusive. */
const PORT_MIN = 20_000;
const PORT_END = 32_000;

/** A running `npm start`, as its user meets it: what it prints, its address, its end. */
export interface StartProcess {
  /** Both streams together. */
  output(): string;
  /** Resolves when the output matches; rejects when the process ends or `patienceMs` is over. */
  untilPrinted(pattern: RegExp, patienceMs: number): Promise<RegExpExecArray>;
  /** It and all that descend from it. */
  processes(): number[];
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit code; null where a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Ends what is left of it. */
  clean(): Promise<void>;
}

/** Runs scripts/start.ts in a process group of its own, with nothing set but `variables`. */
export function runStart(variables: Readonly<Record<string, string>>): StartProcess {
  const child = spawn(process.execPath, [START], {
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...variables },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  const add = (piece: Buffer): void => {
    output += piece.toString();
  };
  child.stdout.on("data", add);
  child.stderr.on("data", add);
  const exited = once(child, "close").then(([code]) => code as number | null);
  const processes = (): number[] => {
    const pid = pidOf(child);
    return [pid, ...descendantsOf(pid)];
  };
  return {
    output: () => output,
    untilPrinted: async (pattern, patienceMs) => {
      for (const giveUpMs = Date.now() + patienceMs; Date.now() < giveUpMs;) {
        const match = pattern.exec(output);
        if (match !== null) {
          return match;
        }
        if (child.exitCode !== null) {
          throw new Error(`it ended before it printed ${pattern}:\n${output}`);
        }
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
      throw new Error(`it did not print ${pattern} in ${patienceMs} ms:\n${output}`);
    },
    processes,
    signal: (name) => child.kill(name),
    exited,
    clean: () => endProcesses(aliveOf(processes())),
  };
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) {
    throw new Error("scripts/start.ts was not started");
  }
  return pid;
}

/** Name of the program that `pid` runs. */
export function commandOf(pid: number): string {
  const file = `/proc/${pid}/comm`;
  const path = existsSync(file)
    ? readFileSync(file, "utf8")
    : execFileSync("ps", ["-o", "comm=", "-p", String(pid)], { encoding: "utf8" });
  return basename(path.trim());
}

/**
 * A port on which nothing listens now, below those that the system gives to whoever asks for any:
 * what starts meanwhile cannot be given it.
 */
export async function freePort(): Promise<number> {
  const port = randomInt(PORT_MIN, PORT_END);
  return (await isPortFree(port)) ? port : freePort();
}
