import type { SourceCandle } from "@candlehouse/shared/core/open-candle";

/** Series that are remembered at most: a chart that is closed leaves its series behind. */
const SERIES_MAX = 500;

/** How often somebody who waits for another's request looks whether it has come, in milliseconds. */
const LOOK_MS = 20;

/** What was told of a series. */
export interface Told {
  readonly candles: readonly SourceCandle[];
  /** How long it is good for. */
  readonly freshMs: number;
}

type Entry =
  /** What was told, and until when it is good, by the clock of the candles. */
  | { readonly candles: readonly SourceCandle[]; readonly untilMs: number }
  /** While somebody asks: until when the others wait, in real time. */
  | { readonly candles: undefined; readonly waitUntilMs: number };

/** How long what was told is good, and how long somebody waits. Milliseconds. */
export interface MemoryClock {
  /** By the clock that the candles go by: what was told grows old as fast as they do. */
  readonly nowMs: () => number;
  /** The real time, whatever that clock shows: a request takes as long as it takes. */
  readonly realNowMs: () => number;
  /** Waits for so long, in real time. */
  readonly sleep: (ms: number) => Promise<unknown>;
}

/**
 * What sources told of their newest candles, for some seconds, so that many charts of one market
 * cost one request. It lives in the memory of an isolate: where there are several, each asks.
 */
export class OpenCandleMemory {
  readonly #entries = new Map<string, Entry>();

  /**
   * The candles of the series `name`, as they were told last, or else as `ask` tells them. While
   * one caller asks, the others wait for what comes of it, `askMsMax` at most. A rejection of `ask`
   * is passed on, and the next caller asks again.
   */
  async read(
    name: string,
    ask: () => Promise<Told>,
    askMsMax: number,
    { nowMs, realNowMs, sleep }: MemoryClock,
  ): Promise<readonly SourceCandle[]> {
    for (let hasWaited = false; ; hasWaited = true) {
      const entry = this.#entries.get(name);
      // What came while somebody waited is what they waited for, however old it is by now.
      if (entry?.candles !== undefined && (hasWaited || isGood(entry, nowMs(), realNowMs()))) {
        return entry.candles;
      }
      if (entry === undefined || !isGood(entry, nowMs(), realNowMs())) {
        break;
      }
      // A promise of another request may not be awaited in a Worker: what it leaves behind is.
      await sleep(LOOK_MS);
    }
    this.#entries.set(name, { candles: undefined, waitUntilMs: realNowMs() + askMsMax });
    try {
      const { candles, freshMs } = await ask();
      this.#entries.set(name, { candles, untilMs: nowMs() + freshMs });
      this.#forget(nowMs(), realNowMs());
      return candles;
    } catch (error) {
      this.#entries.delete(name);
      throw error;
    }
  }

  /** Forgets what is good no longer, once there is much of it. */
  #forget(nowMs: number, realNowMs: number): void {
    if (this.#entries.size <= SERIES_MAX) {
      return;
    }
    for (const [name, entry] of this.#entries) {
      if (!isGood(entry, nowMs, realNowMs)) {
        this.#entries.delete(name);
      }
    }
  }
}

function isGood(entry: Entry, nowMs: number, realNowMs: number): boolean {
  return entry.candles === undefined ? entry.waitUntilMs > realNowMs : entry.untilMs > nowMs;
}
