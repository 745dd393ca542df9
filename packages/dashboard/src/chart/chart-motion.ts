/** A chart that was let go goes on as long as it moves this often, milliseconds. */
const SETTLE_MS = 150;

/**
 * Whether a chart is dragged, or goes on by itself after that: then the library goes by the distance
 * from its newest point that it had when the drag began, so that points which came behind would make
 * it leap.
 */
export class ChartMotion {
  readonly #onRest: () => void;
  readonly #closing = new AbortController();
  #isHeld = false;
  #settling: ReturnType<typeof setTimeout> | undefined;

  /** `onRest` is called when the chart in `element` rests again. */
  constructor(element: HTMLElement, onRest: () => void) {
    this.#onRest = onRest;
    const options = { signal: this.#closing.signal };
    element.addEventListener("pointerdown", this.#hold, options);
    window.addEventListener("pointerup", this.#release, options);
    window.addEventListener("pointercancel", this.#release, options);
  }

  get isMoving(): boolean {
    return this.#isHeld || this.#settling !== undefined;
  }

  /** Says that the chart has moved. */
  noteStep(): void {
    if (this.#settling !== undefined) {
      this.#settle();
    }
  }

  close(): void {
    this.#closing.abort();
    clearTimeout(this.#settling);
  }

  readonly #hold = (): void => {
    this.#rest();
    this.#isHeld = true;
  };

  readonly #release = (): void => {
    if (this.#isHeld) {
      this.#isHeld = false;
      this.#settle();
    }
  };

  #settle(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#rest(), SETTLE_MS);
  }

  #rest(): void {
    if (this.#settling !== undefined) {
      clearTimeout(this.#settling);
      this.#settling = undefined;
      this.#onRest();
    }
  }
}
