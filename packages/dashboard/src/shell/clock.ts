import { signal, type ReadonlySignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useGet } from "../api/use-get.ts";

/** How often ages on the page are made new, milliseconds. */
const TICK_MS = 1_000;

/** Where a reload finds how far ahead the clock was: ages are right from the first moment on. */
const AHEAD_ITEM = "candlehouse-clock-ahead";

/** What the system's clock is ahead of the reader's, seconds: a simulated market has its own time. */
const ahead = signal(Number(sessionStorage.getItem(AHEAD_ITEM) ?? 0));
const seconds = signal(Math.floor(Date.now() / 1_000) + ahead.value);

/** The system's time, unix seconds; moves each second. */
export const now: ReadonlySignal<number> = seconds;

/** Keeps `now` right; once on the page. */
export function useClock(): void {
  const { data, dataUpdatedAt } = useGet("/health", {}, { everySeconds: 60 });
  useEffect(() => {
    if (data !== undefined) {
      ahead.value = data.time - Math.floor(dataUpdatedAt / 1_000);
      seconds.value = Math.floor(Date.now() / 1_000) + ahead.value;
      sessionStorage.setItem(AHEAD_ITEM, String(ahead.value));
    }
  }, [data, dataUpdatedAt]);
  useEffect(() => {
    const timer = setInterval(() => {
      seconds.value = Math.floor(Date.now() / 1_000) + ahead.value;
    }, TICK_MS);
    return () => clearInterval(timer);
  }, []);
}
