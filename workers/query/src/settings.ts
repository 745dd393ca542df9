import { parseClock, shownTimeMs } from "@candlehouse/shared/core/clock";

/** Now in unix seconds, by the clock that the Worker lives by: the real one, or a simulator's. */
export function readNowSeconds(env: { readonly CLOCK: string }): number {
  return Math.floor(shownTimeMs(parseClock(env.CLOCK), Date.now()) / 1_000);
}
