import { sentenceOf } from "./sentence.ts";

/** A question about a deployment, and what to do where the answer is no. */
export interface Step {
  readonly name: string;
  /** What to do where it fails. */
  readonly advice: string;
  /** Names of the steps without which this one cannot be taken. */
  readonly needs?: readonly string[];
  /** Resolves with what was seen; throws what is wrong, or `Skipped`. */
  readonly run: () => Promise<string>;
}

/** Thrown where a step has nothing to look at, with the reason. */
export class Skipped extends Error {}

export interface StepResult {
  readonly name: string;
  readonly state: "ok" | "failed" | "skipped";
  /** What was seen, what is wrong, or why nothing was looked at. */
  readonly detail: string;
  readonly advice: string | null;
}

/** Takes the steps one after the other; `show` gets each result as soon as it is there. */
export async function takeSteps(
  steps: readonly Step[],
  show: (result: StepResult) => void,
): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const step of steps) {
    const missing = step.needs?.find((name) =>
      results.some((result) => result.name === name && result.state !== "ok"),
    );
    const result =
      missing === undefined
        ? // oxlint-disable-next-line no-await-in-loop -- a step looks at what those before it did
          await takeStep(step)
        : skipped(step.name, `${missing} comes first`);
    results.push(result);
    show(result);
  }
  return results;
}

async function takeStep({ name, advice, run }: Step): Promise<StepResult> {
  try {
    return { name, state: "ok", detail: await run(), advice: null };
  } catch (error) {
    return error instanceof Skipped
      ? skipped(name, error.message)
      : { name, state: "failed", detail: sentenceOf(error), advice };
  }
}

/** The result of a step that is not taken, for `reason`. */
export function skipped(name: string, reason: string): StepResult {
  return { name, state: "skipped", detail: reason, advice: null };
}

/** Whether nothing is wrong: what was skipped is not. */
export function isSound(results: readonly StepResult[]): boolean {
  return results.every(({ state }) => state !== "failed");
}

const MARKS = { ok: "✓", failed: "✗", skipped: "-" } as const;
const NAME_WIDTH = 18;

/** The line of a result; a failed one has a second line, with what to do. */
export function lineOf({ name, state, detail, advice }: StepResult): string {
  const label = `${MARKS[state]} ${name.padEnd(NAME_WIDTH)}`;
  const text = state === "skipped" ? `not looked at: ${detail}` : detail;
  return advice === null ? `${label}${text}` : `${label}${text}\n${" ".repeat(20)}→ ${advice}`;
}

/** A time as a step tells it, to the minute; `seconds` are unix seconds. */
export function timeOf(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(0, 16)}Z`;
}
