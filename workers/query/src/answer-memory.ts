/**
 * The last answer of a route, kept in the isolate for a while: who leaves a page open all day asks
 * for it every few seconds, and what it takes to answer is read once.
 */
export class AnswerMemory {
  readonly #holdsMs: number;
  #kept: { readonly name: string; readonly body: string; readonly untilMs: number } | undefined;

  /** Answers are kept for `holdsMs`, real milliseconds. */
  constructor(holdsMs: number) {
    this.#holdsMs = holdsMs;
  }

  /** The answer to `name`, where it is the last one and its time is not over at `nowMs`. */
  recall(name: string, nowMs: number): string | undefined {
    const kept = this.#kept;
    return kept !== undefined && kept.name === name && nowMs < kept.untilMs ? kept.body : undefined;
  }

  /** Keeps `body` as the answer to `name`. */
  keep(name: string, body: string, nowMs: number): void {
    this.#kept = { name, body, untilMs: nowMs + this.#holdsMs };
  }
}
