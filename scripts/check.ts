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

/** Set when the gate ends early. */
let stopping: Promise<never> | undefined;

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function heading(name: string, startMs: number): string {
  return `\n== ${name} (${((Date.now() - startMs) / 1_000).toFixed(1)} s)`;
}

/** Says why, once; ends what runs and then this process. Never resolves. */
function stop(sentence: string, code: number): Promise<never> {
  if (stopping === undefined) {
    console.error(`\ncandlehouse: ${sentence}`);
    stopping = endCommands().then(() => process.exit(code));
  }
  return stopping;
}

async function runStage(stage: Stage): Promise<void> {
  const { name, repair } = stage;
  const startMs = Date.now();
  const [text, succeeded] = await stage.run().then(
    (result): [string, boolean] => [result, true],
    (error: unknown) => [sentenceOf(error), false],
  );
  if (stopping !== undefined) {
    // It did not fail by itself, or another one failed before.
    return stopping;
  }
  console.log(`${heading(name, startMs)}${succeeded ? "" : ": failed"}\n${text}`);
  if (!succeeded) {
    await stop(`the stage "${name}" failed, and no test ran. ${repair}`, 1);
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
  process.on(signal, () => void stop(`${signal}: stopping`, 128 + constants.signals[signal]));
}

console.log(`candlehouse: checking ${STAGES.map(({ name }) => name).join(", ")}; then the tests`);
await runStages();
console.log("\n== tests");
try {
  const tests = await runTests();
  console.log(tests.summary);
  process.exitCode = tests.succeeded ? 0 : 1;
} catch (error) {
  await stop(sentenceOf(error), 1);
}
