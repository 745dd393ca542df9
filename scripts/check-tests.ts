import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { z } from "zod";
import { runCommand } from "./check-command.ts";
import { BUNDLES } from "./check-stages.ts";
import { makeScratchDirectory } from "./scratch-directory.ts";

/** What is read of the report that vitest writes. */
const reportSchema = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
});

/**
 * Test files that run at the same time: more than there are cores, since those of several Workers
 * together wait for clocks and connections half of their time.
 */
const FILES_AT_A_TIME = availableParallelism() + 2;

export interface TestResult {
  readonly succeeded: boolean;
  /** `N passed, N failed, N skipped`, counted by vitest. */
  readonly summary: string;
}

/** Runs the tests of all projects; vitest shows them, its own summary last. */
export async function runTests(): Promise<TestResult> {
  const directory = makeScratchDirectory();
  const report = `${directory}/tests.json`;
  const { succeeded } = await runCommand(
    [
      "vitest",
      "run",
      // Vitest leaves one of two cores to itself, and it is the Workers that are busy.
      `--maxWorkers=${FILES_AT_A_TIME}`,
      // What a test that passed has logged is of no interest.
      "--silent=passed-only",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
    ],
    { isShown: true, variables: { CANDLEHOUSE_BUNDLES: BUNDLES, TMPDIR: directory } },
  );
  if (!existsSync(report)) {
    throw new Error("vitest ended without a report of its tests");
  }
  return { succeeded, summary: summaryOf(readFileSync(report, "utf8")) };
}

function summaryOf(report: string): string {
  const counts = reportSchema.parse(JSON.parse(report));
  const skipped = counts.numPendingTests + counts.numTodoTests;
  return `${counts.numPassedTests} passed, ${counts.numFailedTests} failed, ${skipped} skipped`;
}
