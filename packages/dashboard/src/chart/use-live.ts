import { openTimeOf, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { client } from "../api/connection.ts";
import { now } from "../shell/clock.ts";
import type { CandleWindow } from "./candle-window.ts";
import { readTold } from "./read-told.ts";

/** How often the open candle is asked for: the system keeps what a source told for four seconds. */
const TOLD_EVERY_MS = 5_000;

/** While older candles are shown: how often it is looked whether the newest ones are. */
const LOOK_EVERY_MS = 500;

/** Before a stream that could not be opened is tried again, milliseconds. */
const RETRY_MS = 10_000;

/**
 * waiting: nobody knows yet. live: candles come by themselves. broken: they do not, and it is tried
 * again. off: none come, since none are collected.
 */
export type LiveState = "waiting" | "live" | "broken" | "off";

export interface Followed {
  /** Whose closed candles are followed: the stored series. */
  readonly series: string;
  /** `binance:BTC-USDT` */
  readonly market: string;
  /** That of the chart. */
  readonly timeframe: Timeframe;
  /** Whether new candles of it are collected: of others none come. Undefined: nobody knows yet. */
  readonly isCollected: boolean | undefined;
}

/** Keeps the newest candles of `window` as they are, while the page is seen. */
export function useLive(window: CandleWindow, followed: Followed): ReadonlySignal<LiveState> {
  const { series, market, timeframe, isCollected } = followed;
  const state = useSignal<LiveState>("waiting");
  useEffect(() => {
    state.value = isCollected === false ? "off" : "waiting";
    if (isCollected !== true) {
      return undefined;
    }
    let abort = new AbortController();
    const begin = () => {
      abort.abort();
      abort = new AbortController();
      if (document.visibilityState === "visible") {
        void followStream(window, { series, timeframe }, state, abort.signal);
        void followOpen(window, { market, timeframe }, abort.signal);
      }
    };
    begin();
    document.addEventListener("visibilitychange", begin);
    return () => {
      document.removeEventListener("visibilitychange", begin);
      abort.abort();
    };
  }, [window, series, market, timeframe, isCollected, state]);
  return state;
}

/** Reads what is stored as soon as the stream says so; ends with `signal`. */
async function followStream(
  window: CandleWindow,
  { series, timeframe }: Pick<Followed, "series" | "timeframe">,
  state: { value: LiveState },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const { event, data } of client.stream({ series }, { signal })) {
        state.value = "live";
        if (event === "ready") {
          // What came while nobody followed.
          await window.readTail();
        } else {
          const since = event === "candle" ? data.timestamp : data.start;
          await window.readTail(openTimeOf(since, timeframe));
        }
      }
    } catch {
      // It is told by the mark of the chart, and tried again.
      if (!signal.aborted) {
        state.value = "broken";
      }
    }
    await pause(RETRY_MS, signal);
  }
}

/** Asks for the open candle again and again; ends with `signal`. */
async function followOpen(
  window: CandleWindow,
  { market, timeframe }: Pick<Followed, "market" | "timeframe">,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const isWanted = window.content.peek()?.range.isNewest === true;
    if (isWanted) {
      try {
        window.tell(await readTold(market, timeframe, now.peek(), signal));
      } catch {
        // The candle stays as it was; the stream tells whether the system is there.
      }
    }
    await pause(isWanted ? TOLD_EVERY_MS : LOOK_EVERY_MS, signal);
  }
}

/** Resolves after `ms` milliseconds, or at once when `signal` is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
