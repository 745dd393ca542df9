import { readFileSync } from "node:fs";
import { commandOf } from "../start-process.ts";

/** Memory that the processes of a system hold, MB of 1,000,000 bytes. */
export interface Memory {
  /** What runs the Workers. */
  readonly workerd: number;
  /** Wrangler, the simulator and whoever started them. */
  readonly node: number;
}

/** Resident memory of `pids`; those that have ended meanwhile hold none. */
export function memoryOf(pids: readonly number[]): Memory {
  const sum = { workerd: 0, node: 0 };
  for (const pid of pids) {
    const megabytes = residentMegabytes(pid);
    if (megabytes > 0) {
      sum[isWorkerd(pid) ? "workerd" : "node"] += megabytes;
    }
  }
  return sum;
}

/** Whether `pid` is a process of workerd. */
export function isWorkerd(pid: number): boolean {
  try {
    return commandOf(pid) === "workerd";
  } catch {
    // It ended between the listing and the look.
    return false;
  }
}

function residentMegabytes(pid: number): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return (Number(kilobytes ?? 0) * 1_024) / 1_000_000;
  } catch {
    return 0;
  }
}

/** Runnable processes of the machine, a mean of the last minute. */
export function machineLoad(): number {
  return Number(readFileSync("/proc/loadavg", "utf8").split(" ")[0]);
}
