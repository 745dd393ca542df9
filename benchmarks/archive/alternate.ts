import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { formatTable, median } from "../table.ts";

const RUNS = 9;
const WARM_UPS = 3;

/** One of the things that are measured side by side. */
export interface Side {
  readonly name: string;
  readonly run: () => unknown;
}

export interface Measured {
  readonly name: string;
  /** Milliseconds. */
  readonly median: number;
  readonly fastest: number;
  readonly slowest: number;
  /** What all threads of the process computed; the median. */
  readonly cpu: number;
}

interface Run {
  readonly elapsed: number;
  readonly cpu: number;
}

/** Runs `sides` one after the other, again and again, after they have warmed up. */
export async function alternate(sides: readonly Side[]): Promise<Measured[]> {
  const runs = sides.map((): Run[] => []);
  for (let run = -WARM_UPS; run < RUNS; run += 1) {
    for (const [index, side] of sides.entries()) {
      const measured = await measure(side);
      if (run >= 0) {
        runs[index]?.push(measured);
      }
    }
  }
  return sides.map(({ name }, index) => {
    const times = (runs[index] ?? []).map(({ elapsed }) => elapsed);
    return {
      name,
      median: median(times),
      fastest: Math.min(...times),
      slowest: Math.max(...times),
      cpu: median((runs[index] ?? []).map(({ cpu }) => cpu)),
    };
  });
}

/** Frees what nobody holds: no side pays for what the one before it left. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc()");
}

async function measure({ run }: Side): Promise<Run> {
  collectGarbage();
  const before = process.cpuUsage();
  const started = performance.now();
  await run();
  const elapsed = performance.now() - started;
  const { user, system } = process.cpuUsage(before);
  return { elapsed, cpu: (user + system) / 1_000 };
}

export function milliseconds(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(1);
}

/** Prints what was measured as a table; the first is ours. */
export function printTimes(title: string, measured: readonly Measured[]): void {
  const [ours] = measured;
  process.stdout.write(
    `\n${title}\n\n` +
      formatTable(
        ["", "ms, median", "fastest to slowest", "against ours", "ms of all cores"],
        measured.map((side) => [
          side.name,
          milliseconds(side.median),
          `${milliseconds(side.fastest)} to ${milliseconds(side.slowest)}`,
          side === ours || ours === undefined
            ? ""
            : `${(side.median / ours.median).toFixed(2)} times`,
          milliseconds(side.cpu),
        ]),
      ),
  );
}
