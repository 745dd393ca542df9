import { signal, type ReadonlySignal } from "@preact/signals";
import { addCandles, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { CandlehouseProblem } from "@candlehouse/client";
import { addTold, type CandleColumns, type ToldBar } from "./candle-columns.ts";
import { UPDATED_CANDLES_MAX } from "./plotted-part.ts";
import {
  addPage,
  dropFar,
  replaceTail,
  type CandlesPage,
  type HeldCandles,
} from "./window-pages.ts";
import { queryOf, type PageQuery } from "./page-query.ts";
import { FIRST_SECONDS, planPage, type PageRequest, type Wanted } from "./window-plan.ts";

/** Fetches the newest candles of a range, or from `start` on the oldest. */
export type LoadPage = (query: PageQuery, signal: AbortSignal) => Promise<CandlesPage>;

/** What a window has at a time. */
export interface WindowContent extends HeldCandles {
  /** Goes up when candles that were there, but for the last ones, may have changed. */
  readonly version: number;
}

/** Stored candles that are asked for again with each tail: late ones come a little later. */
const TAIL_CANDLES = 3;

/** Most candles of a tail: a page that has been asleep for longer begins anew. */
const TAIL_CANDLES_MAX = 5_000;

/** After how long a failed page is asked for again by itself, milliseconds. */
const PAUSE_MS = 10_000;

/**
 * A part of a series that grows to where it is looked at. It asks for what is seen and a screen on
 * either side, for nothing that it has, and gives up what is no longer wanted.
 */
export class CandleWindow {
  /** Null until the first page came. */
  readonly content: ReadonlySignal<WindowContent | null>;
  readonly isLoading: ReadonlySignal<boolean>;
  /** Why the last page did not come; null where it did. */
  readonly failure: ReadonlySignal<unknown>;

  readonly #timeframe: Timeframe;
  readonly #load: LoadPage;
  readonly #now: () => number;
  readonly #content = signal<WindowContent | null>(null);
  readonly #isLoading = signal(false);
  readonly #failure = signal<unknown>(null);
  readonly #closing = new AbortController();
  #held: HeldCandles | null = null;
  #told: readonly ToldBar[] = [];
  #wanted: Wanted | null = null;
  #asked: { readonly request: PageRequest; readonly abort: AbortController } | null = null;
  #leaps = { before: false, after: false };
  #tailFrom: number | null = null;
  #isTailing = false;
  #pausedUntil = 0;
  #pausing: ReturnType<typeof setTimeout> | undefined;

  constructor(timeframe: Timeframe, load: LoadPage, nowSeconds: () => number) {
    this.#timeframe = timeframe;
    this.#load = load;
    this.#now = nowSeconds;
    this.content = this.#content;
    this.isLoading = this.#isLoading;
    this.failure = this.#failure;
  }

  /** Says what is looked at; may be called as often as it moves. */
  show(wanted: Wanted): void {
    this.#wanted = wanted;
    this.#proceed();
  }

  /** Asks again after a failure. */
  retry(): void {
    clearTimeout(this.#pausing);
    this.#pausedUntil = 0;
    this.#proceed();
  }

  /** Reads the newest candles anew, from the open time `since` on or the last stored ones. */
  async readTail(since: number = Infinity): Promise<void> {
    this.#tailFrom = Math.min(this.#tailFrom ?? Infinity, since, this.#lastClosed());
    if (this.#isTailing) {
      return;
    }
    this.#isTailing = true;
    try {
      while (this.#tailFrom !== null && this.#held?.range.isNewest === true) {
        const start = this.#tailStart(this.#tailFrom, this.#held);
        this.#tailFrom = null;
        // oxlint-disable-next-line no-await-in-loop -- what was told meanwhile is read after it.
        await this.#readFrom(start);
      }
    } catch {
      // The next candle reads it again; that nothing moves is told by who follows the stream.
      return;
    } finally {
      this.#isTailing = false;
    }
  }

  /** Loads what is looked at anew: candles may have come where there were none. */
  readAgain(): void {
    if (this.#held !== null) {
      this.#held = null;
      this.#proceed();
    }
  }

  /** Shows bars that are not stored yet, until they are. */
  tell(bars: readonly ToldBar[]): void {
    this.#told = bars;
    this.#publish(false);
  }

  /** Ends all requests. */
  close(): void {
    clearTimeout(this.#pausing);
    this.#closing.abort();
    this.#asked?.abort.abort();
  }

  #proceed(): void {
    if (this.#wanted === null || this.#closing.signal.aborted) {
      return;
    }
    const range = this.#held?.range ?? null;
    const request = planPage(range, this.#wanted, this.#timeframe, {
      leaps: this.#leaps,
      nowSeconds: this.#now(),
    });
    if (this.#asked !== null) {
      if (JSON.stringify(request) === JSON.stringify(this.#asked.request)) {
        return;
      }
      this.#asked.abort.abort();
      this.#asked = null;
    }
    if (request === null || performance.now() < this.#pausedUntil) {
      this.#isLoading.value = false;
      return;
    }
    void this.#ask(request);
  }

  async #ask(request: PageRequest): Promise<void> {
    const abort = new AbortController();
    this.#asked = { request, abort };
    this.#isLoading.value = true;
    try {
      const page = await this.#load(queryOf(request), abort.signal);
      if (abort.signal.aborted) {
        return;
      }
      this.#asked = null;
      this.#failure.value = null;
      this.#take(request, page);
    } catch (error) {
      if (abort.signal.aborted) {
        return;
      }
      this.#asked = null;
      this.#failure.value = error;
      this.#pausedUntil = performance.now() + PAUSE_MS;
      clearTimeout(this.#pausing);
      if (mayPass(error)) {
        this.#pausing = setTimeout(() => this.retry(), PAUSE_MS);
      }
    }
    this.#proceed();
  }

  #take(request: PageRequest, page: CandlesPage): void {
    const isEmpty = page.columns.timestamp.length === 0;
    this.#leaps = {
      before: request.kind === "before" && request.start !== null && isEmpty,
      after: request.kind === "after" && request.end !== null && isEmpty,
    };
    const added = addPage(this.#held, request, page, this.#timeframe);
    this.#held = dropFar(added, this.#wanted?.range ?? null);
    this.#publish(request.kind === "newest" || request.kind === "replace");
  }

  async #readFrom(start: number): Promise<void> {
    const page = await this.#load({ start, limit: TAIL_CANDLES_MAX }, this.#closing.signal);
    if (this.#held?.range.isNewest !== true) {
      return;
    }
    if (page.hasMore) {
      // What was missed is more than a page: what is held is left, and what is seen asked for anew.
      this.#held = null;
      this.#proceed();
      return;
    }
    this.#held = replaceTail(this.#held, start, page.columns, this.#timeframe);
    // Of a few candles the chart takes each; of more it takes all anew.
    this.#publish(page.columns.timestamp.length > UPDATED_CANDLES_MAX);
    this.#proceed();
  }

  /**
   * Where a tail begins that holds the candle at `from`: not before what is held, since what lies
   * there is a page of its own. Where that has a new candle, nobody knows where history begins.
   */
  #tailStart(from: number, held: HeldCandles): number {
    const { range } = held;
    if (from < range.start && range.isComplete) {
      this.#held = { ...held, range: { ...range, isComplete: false } };
    }
    const start = Number.isFinite(from) ? addCandles(from, this.#timeframe, -TAIL_CANDLES) : 0;
    return Math.max(FIRST_SECONDS, range.start, start);
  }

  #lastClosed(): number {
    const { timestamp = [], closed = [] } = this.#held?.columns ?? {};
    return timestamp[closed.lastIndexOf(true)] ?? Infinity;
  }

  #publish(isWhole: boolean): void {
    if (this.#held === null) {
      return;
    }
    const { columns, range } = this.#held;
    const version = (this.#content.peek()?.version ?? 0) + (isWhole ? 1 : 0);
    const shown: CandleColumns = range.isNewest ? addTold(columns, this.#told) : columns;
    this.#content.value = { columns: shown, range, version };
  }
}

/** Whether what failed may succeed in a while. What is refused for what it says will not. */
function mayPass(error: unknown): boolean {
  return !(error instanceof CandlehouseProblem) || error.status >= 500 || error.status === 429;
}
