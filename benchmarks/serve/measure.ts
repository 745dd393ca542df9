/** Times cases on several systems in turns, so that a drift of the machine hits all of them alike. */
import { formatTable, median } from "../table.ts";
import { askFor, quantile, warmUp, type Asking, type Load } from "./load.ts";
import { processorMs } from "./processor-time.ts";

const ROUNDS = 3;
/** Of a system and case in a round, and before the first one. */
const SECONDS = 1.5;

export interface Side extends Asking {
  readonly name: string;
  /** The processes that answer, with all that they have started. */
  readonly processes: readonly number[];
}

export interface Measured {
  readonly name: string;
  /** Milliseconds: the middle one of the rounds. */
  readonly p50: number;
  readonly p99: number;
  readonly answersPerSecond: number;
  readonly bytes: number;
  /** Milliseconds that the system's processes compute for an answer, on all cores. */
  readonly cpu: number;
}

/** What was measured in a round. */
interface Round extends Load {
  readonly cpu: number;
}

/** Measures `sides` in turns, after each was warmed up. */
export async function measureSides(sides: readonly Side[]): Promise<Measured[]> {
  const rounds = sides.map((): Round[] => []);
  const answers: number[] = [];
  for (const side of sides) {
    answers.push(await warmUp(side, SECONDS));
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, side] of sides.entries()) {
      const before = processorMs(side.processes);
      const load = await askFor(side, answers[index] ?? 1);
      const cpu = (processorMs(side.processes) - before) / load.times.length;
      rounds[index]?.push({ ...load, cpu });
    }
  }
  return sides.map(({ name }, index) => summarise(name, rounds[index] ?? []));
}

function summarise(name: string, rounds: readonly Round[]): Measured {
  const middle = (of: (round: Round) => number): number => median(rounds.map(of));
  return {
    name,
    p50: middle(({ times }) => quantile(times, 0.5)),
    p99: middle(({ times }) => quantile(times, 0.99)),
    answersPerSecond: middle(({ answersPerSecond }) => answersPerSecond),
    bytes: middle(({ bytes }) => bytes),
    cpu: middle(({ cpu }) => cpu),
  };
}

/** Prints what was measured as a table; the first is ours. */
export function printMeasured(title: string, measured: readonly Measured[]): void {
  const [ours] = measured;
  process.stdout.write(
    `\n${title}\n\n` +
      formatTable(
        ["", "p50, ms", "p99, ms", "a second", "bytes", "p50 against ours", "ms of all cores"],
        measured.map((side) => [
          side.name,
          milliseconds(side.p50),
          milliseconds(side.p99),
          rate(side.answersPerSecond),
          Math.round(side.bytes).toLocaleString("en"),
          side === ours || ours === undefined ? "" : `${(side.p50 / ours.p50).toFixed(2)} times`,
          milliseconds(side.cpu),
        ]),
      ),
  );
}

function milliseconds(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(1);
}

function rate(value: number): string {
  return value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en");
}
