/** Finds and ends the processes that a process has started, whatever group they moved to. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** How long processes get to end by themselves. */
const END_MS_MAX = 5_000;
const POLL_MS = 50;

/** Ids of the living processes that descend from `pid`, itself not among them. */
export function descendantsOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const [child, parent] of parents()) {
    children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const found: number[] = [];
  for (const queue = [pid]; queue.length > 0;) {
    const below = children.get(queue.shift() ?? 0) ?? [];
    found.push(...below);
    queue.push(...below);
  }
  return found;
}

/** Ends `pid` and all that descend from it: politely, and those that stay by force. */
export async function endTree(pid: number): Promise<void> {
  const all = [pid, ...descendantsOf(pid)];
  all.forEach((each) => signal(each, "SIGTERM"));
  for (const giveUpMs = Date.now() + END_MS_MAX; all.some(isAlive) && Date.now() < giveUpMs;) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const late = all.filter(isAlive).flatMap((each) => [each, ...descendantsOf(each)]);
  late.forEach((each) => signal(each, "SIGKILL"));
}

/** Whether a process has this id and has not ended; one that nobody has waited for has ended. */
export function isAlive(pid: number): boolean {
  return parents().some(([each]) => each === pid);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // ESRCH: it has ended by itself meanwhile.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) {
      throw error;
    }
  }
}

/** Pairs of process id and parent's id of all processes that have not ended. */
function parents(): [number, number][] {
  // A small Linux image has no ps, and what is not Linux has no /proc.
  return existsSync("/proc/self/stat") ? parentsOfProc() : parentsOfPs();
}

function parentsOfProc(): [number, number][] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name): [number, number][] => {
      const stat = readStat(name);
      // The command stands in brackets and may hold anything: the fields begin after the last one.
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return stat === "" || state === "Z" ? [] : [[Number(name), Number(parent)]];
    });
}

function readStat(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    // It ended between the listing and the reading.
    return "";
  }
}

function parentsOfPs(): [number, number][] {
  const table = execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat="], { encoding: "utf8" });
  return table
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state]) => state?.startsWith("Z") === false)
    .map(([pid, parent]) => [Number(pid), Number(parent)]);
}
