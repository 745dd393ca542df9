/** Finds and ends the processes that a process has started, whatever group they moved to. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** How long processes get to end by themselves. */
const END_MS_MAX = 5_000;
const POLL_MS = 50;

/** Parent's process id by process id, of all processes that have not ended. */
type Parents = ReadonlyMap<number, number>;

/** Ids of the processes that descend from `pid` and have not ended, itself not among them. */
export function descendantsOf(pid: number): number[] {
  return below(pid, readParents());
}

/** Those of `pids` that have not ended; one that nobody has waited for has ended. */
export function aliveOf(pids: readonly number[]): number[] {
  const parents = readParents();
  return pids.filter((pid) => parents.has(pid));
}

/** Ends `pids` and all that descend from them: politely, and those that stay by force. */
export async function endProcesses(pids: readonly number[]): Promise<void> {
  const parents = readParents();
  const all = pids.flatMap((pid) => [pid, ...below(pid, parents)]);
  all.forEach((pid) => signal(pid, "SIGTERM"));
  let left = aliveOf(all);
  for (const giveUpMs = Date.now() + END_MS_MAX; left.length > 0 && Date.now() < giveUpMs;) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    left = aliveOf(all);
  }
  left.flatMap((pid) => [pid, ...descendantsOf(pid)]).forEach((pid) => signal(pid, "SIGKILL"));
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

function below(pid: number, parents: Parents): number[] {
  const children = [...parents].filter(([, parent]) => parent === pid).map(([child]) => child);
  return children.flatMap((child) => [child, ...below(child, parents)]);
}

function readParents(): Parents {
  // A small Linux image has no ps, and what is not Linux has no /proc.
  return new Map(existsSync("/proc/self/stat") ? parentsOfProc() : parentsOfPs());
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
