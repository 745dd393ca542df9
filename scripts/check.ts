/**
 * `npm test`: the gate. Everything that must hold before a change goes in, cheap stages first and
 * two at a time, the tests last. Stops at the first stage that fails, with exit code 1.
 */
import { constants } from "node:os";
import { endCommands } from "./check-command.ts";
import { STAGES, type Stage } from "./check-stages.ts";
import { runTests } from "./check-tests.ts";

/** More at a time would only wait for each other on two cores. */
const STAGES_AT_A_TIME = 2;

function heading(name: string, startMs: number): string {
  return `\n== ${name} (${((Date.now() - startMs) / 1_000).toFixed(1)} s)`;
}

async function fail(sentence: string): Promise<never> {
  console.error(`\ncandlehouse: ${sentence}`);
  await endCommands();
  process.exit(1);
}

async function runStage(stage: Stage): Promise<void> {
  const { name, repair } = stage;
  const startMs = Date.now();
  const [text, succeeded] = await stage.run().then(
    (result): [string, boolean] => [result, true],
    (error: unknown) => [error instanceof Error ? error.message : String(error), false],
  );
  console.log(`${heading(name, startMs)}${succeeded ? "" : ": failed"}\n${text}`);
  if (!succeeded) {
    await fail(`the stage "${name}" failed, and no test ran. ${repair}`);
  }
}

async function runStages(): Promise<void> {
  const waiting = [...STAGES];
  const runNext = async (): Promise<void> => {
    for (let stage = waiting.shift(); stage !== undefined; stage = waiting.shift()) {
      await runStage(stage);
    }
  };
  await Promise.all(Array.from({ length: STAGES_AT_A_TIME }, runNext));
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    console.error(`\ncandlehouse: ${signal}: stopping`);
    void endCommands().then(() => process.exit(128 + constants.signals[signal]));
  });
}

console.log(`candlehouse: checking ${STAGES.map(({ name }) => name).join(", ")}; then the tests`);
await runStages();
console.log("\n== tests");
const tests = await runTests();
console.log(tests.summary);
process.exitCode = tests.succeeded ? 0 : 1;
