/**
 * `npm run nightly [-- --seeds 5000 --from 1]`: what the gate does not take the time for. Each suite that
 * draws its cases runs with its full count, one after the other; a seed that fails is printed by its
 * suite, and repeats the failure. Exit code 1 where one failed.
 */
import { parseArgs } from "node:util";
import { z } from "zod";
import { endCommands, runCommand } from "./check-command.ts";
import { makeScratchDirectory } from "./scratch-directory.ts";

interface Suite {
  readonly name: string;
  /** How long it took on two cores, minutes: the estimate of what is left is made of it. */
  readonly minutes: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly arguments: readonly string[];
}

const countSchema = z.coerce.number().int().min(1).max(1_000_000);

/** A suite; `command` is what stands behind `vitest run`. */
function suiteOf(
  name: string,
  minutes: number,
  variables: Suite["variables"],
  command: string,
): Suite {
  return { name, minutes, variables, arguments: command.split(" ") };
}

/** The suites that draw their cases, with `seeds` schedules of faults from seed `from` on. */
function drawnSuites(seeds: number, from: number): Suite[] {
  const count = "5000";
  return [
    suiteOf(
      `${seeds} schedules of faults from seed ${from} on`,
      seeds / 150,
      { FAULT_SEEDS: String(seeds), FAULT_FROM: String(from) },
      "--project faults",
    ),
    suiteOf(
      "20,000 HTTP requests",
      17,
      { FUZZ_RUNS: "400" },
      "--project system tests/fuzz.test.ts",
    ),
    suiteOf(
      "5,000 mutated files",
      4,
      { VITE_FUZZ_FILES: count },
      "--project archiver test/fuzz-files",
    ),
    suiteOf(
      "5,000 Parquet files of a spoilt structure",
      1,
      { FUZZ_STRUCTURES: count },
      "--project shared fuzz-structure",
    ),
    suiteOf(
      "5,000 mutated queue messages",
      2,
      { VITE_FUZZ_MESSAGES: count },
      "--project consumer test/fuzz-messages",
    ),
    suiteOf(
      "5,000 mutated answers of sources",
      1,
      { FUZZ_ANSWERS: count },
      "--project sources fuzz-answers",
    ),
  ];
}

/** What the gate does with fewer days, files and accidents. */
function longSuites(): Suite[] {
  return [
    suiteOf(
      "an installation of three databases by wrangler",
      3,
      {},
      "--config tests/nightly/vitest.config.ts",
    ),
    suiteOf(
      "all archives of Kraken and Binance that there are recordings of",
      1,
      { IMPORTED_DAYS: "" },
      "--project system cli-recordings",
    ),
    suiteOf(
      "five exchanges that fail in known ways, and why each candle is missing",
      2,
      { GAP_SEEDS: "1,3,5,7,9" },
      "--project system tests/gaps.test.ts",
    ),
    suiteOf(
      "a backfill on a system that is killed ten times",
      4,
      { KILLS: "10" },
      "--project system backfill-kill",
    ),
    suiteOf(
      "two years by one backfill from a source that does everything wrong",
      5,
      { BACKFILL_DAYS: "730" },
      "--project system tests/backfill.test.ts",
    ),
  ];
}

async function runSuites(suites: readonly Suite[]): Promise<string[]> {
  const failed: string[] = [];
  const scratch = makeScratchDirectory();
  for (const [index, suite] of suites.entries()) {
    const left = suites.slice(index).reduce((sum, { minutes }) => sum + minutes, 0);
    console.log(
      `\n== ${index + 1} of ${suites.length}: ${suite.name}; some ${Math.ceil(left)} minutes are left`,
    );
    const { succeeded } = await runCommand(
      ["vitest", "run", "--silent=passed-only", ...suite.arguments],
      { isShown: true, variables: { ...suite.variables, TMPDIR: scratch } },
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
const failed = await runSuites([
  ...drawnSuites(countSchema.parse(values.seeds), countSchema.parse(values.from)),
  ...longSuites(),
]);
console.log(failed.length === 0 ? "\nall passed" : `\nfailed: ${failed.join("; ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
