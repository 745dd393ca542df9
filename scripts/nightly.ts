/**
 * `npm run nightly [-- --seeds 5000 --from 1]`: what the gate does not take the time for. Each suite that
 * draws its cases runs with its full count, one after the other; a seed that fails is printed by its
 * suite, and repeats the failure. Exit code 1 where one failed.
 */
import { parseArgs } from "node:util";
import { z } from "zod";
import { endCommands, runCommand } from "./check-command.ts";

interface Suite {
  readonly name: string;
  /** How long it took on two cores, minutes: the estimate of what is left is made of it. */
  readonly minutes: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly arguments: readonly string[];
}

const countSchema = z.coerce.number().int().min(1).max(1_000_000);

/** The suites, with `seeds` schedules of faults from seed `from` on. */
function suitesOf(seeds: number, from: number): Suite[] {
  return [
    {
      name: `${seeds} schedules of faults from seed ${from} on`,
      minutes: seeds / 150,
      variables: { FAULT_SEEDS: String(seeds), FAULT_FROM: String(from) },
      arguments: ["--project", "faults"],
    },
    {
      name: "20,000 HTTP requests",
      minutes: 12,
      variables: { FUZZ_RUNS: "400" },
      arguments: ["--project", "system", "fuzz.test.ts"],
    },
    {
      name: "5,000 mutated files",
      minutes: 2,
      variables: { VITE_FUZZ_FILES: "5000" },
      arguments: ["--project", "archiver", "fuzz-files"],
    },
    {
      name: "5,000 mutated queue messages",
      minutes: 2,
      variables: { VITE_FUZZ_MESSAGES: "5000" },
      arguments: ["--project", "consumer", "fuzz-messages"],
    },
    {
      name: "5,000 mutated answers of sources",
      minutes: 1,
      variables: { FUZZ_ANSWERS: "5000" },
      arguments: ["--project", "sources", "fuzz-answers"],
    },
    {
      name: "two years by one backfill from a source that does everything wrong",
      minutes: 5,
      variables: { BACKFILL_DAYS: "730" },
      arguments: ["--project", "system", "tests/backfill.test.ts"],
    },
  ];
}

async function runSuites(suites: readonly Suite[]): Promise<string[]> {
  const failed: string[] = [];
  for (const [index, suite] of suites.entries()) {
    const left = suites.slice(index).reduce((sum, { minutes }) => sum + minutes, 0);
    console.log(
      `\n== ${index + 1} of ${suites.length}: ${suite.name}; some ${Math.ceil(left)} minutes are left`,
    );
    const { succeeded } = await runCommand(
      ["vitest", "run", "--silent=passed-only", ...suite.arguments],
      { isShown: true, variables: suite.variables },
    );
    if (!succeeded) {
      failed.push(suite.name);
    }
  }
  return failed;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => void endCommands().then(() => process.exit(1)));
}

const { values } = parseArgs({
  options: { seeds: { type: "string", default: "5000" }, from: { type: "string", default: "1" } },
});
const failed = await runSuites(
  suitesOf(countSchema.parse(values.seeds), countSchema.parse(values.from)),
);
console.log(failed.length === 0 ? "\nall passed" : `\nfailed: ${failed.join("; ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
