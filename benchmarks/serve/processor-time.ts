/** How long processes have computed: what other work on the machine changes least. Linux alone. */
import { readdirSync, readFileSync } from "node:fs";

/** A tick of the kernel's counters, on every Linux that Node.js runs on. */
const TICK_MS = 10;

interface Process {
  readonly pid: number;
  readonly name: string;
  readonly parent: number;
  readonly ticks: number;
}

/** Milliseconds that the processes `roots` and all that descend from them have computed. */
export function processorMs(roots: readonly number[]): number {
  const all = readProcesses();
  const wanted = new Set(roots);
  let ticks = 0;
  // Who was started later may have a smaller number: looked through until nobody is added.
  for (let size = -1; size !== wanted.size;) {
    size = wanted.size;
    for (const { pid, parent } of all) {
      if (wanted.has(parent)) {
        wanted.add(pid);
      }
    }
  }
  for (const one of all) {
    ticks += wanted.has(one.pid) ? one.ticks : 0;
  }
  return ticks * TICK_MS;
}

/** The processes named `name` that this one has started. */
export function childrenNamed(name: string): number[] {
  return readProcesses().flatMap((one) =>
    one.parent === process.pid && one.name === name ? [one.pid] : [],
  );
}

function readProcesses(): Process[] {
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) {
      return [];
    }
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      // state, parent, ...; 11 and 12 are the process's own time, 13 and 14 that of ended children.
      const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0);
      return [{ pid: Number(entry), name, parent: Number(fields[1]), ticks }];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}
