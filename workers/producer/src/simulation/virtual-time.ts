/** Something that waits. */
interface Waiting {
  readonly atMs: number;
  readonly goOn: () => void;
}

/** A clock that stands still while anything works, and goes on when all of it waits. */
export class VirtualTime {
  #nowMs: number;
  readonly #waiting: Waiting[] = [];

  /** Begins at `startMs`, unix milliseconds. */
  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  readonly nowMs = (): number => this.#nowMs;

  /** Ends `ms` of this clock's milliseconds from now. */
  readonly sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      this.#waiting.push({ atMs: this.#nowMs + ms, goOn: resolve });
    });

  /** What `work` gives. Throws what it throws, and where it waits for something else than this clock. */
  async run<Result>(work: Promise<Result>): Promise<Result> {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    work.then(over, over);
    for (;;) {
      await everythingElse();
      if (isOver) {
        return work;
      }
      this.#goOn();
    }
  }

  #goOn(): void {
    const atMs = Math.min(...this.#waiting.map((one) => one.atMs));
    if (atMs === Number.POSITIVE_INFINITY) {
      throw new Error("the work waits for something else than the virtual clock");
    }
    this.#nowMs = atMs;
    const due = this.#waiting.filter((one) => one.atMs <= atMs);
    const later = this.#waiting.filter((one) => one.atMs > atMs);
    this.#waiting.splice(0, this.#waiting.length, ...later);
    for (const { goOn } of due) {
      goOn();
    }
  }
}

/** Ends when all that can go on without the clock has done so. */
function everythingElse(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
