export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The instants at which the candles of one interval open: a fixed step, or the first of each month, UTC. */
export type Grid =
  | { readonly kind: "fixed"; readonly stepMs: number; readonly offsetMs: number }
  | { readonly kind: "month" };

/** A grid of `stepMs`, through `offsetMs` after 1970-01-01T00:00Z. */
export function everyMs(stepMs: number, offsetMs = 0): Grid {
  return { kind: "fixed", stepMs, offsetMs };
}

export const EVERY_MINUTE = everyMs(MINUTE_MS);
export const EVERY_DAY = everyMs(DAY_MS);
/** Binance's week opens on Monday; 1970-01-01 was a Thursday. */
export const EVERY_MONDAY = everyMs(7 * DAY_MS, 4 * DAY_MS);
export const EVERY_MONTH: Grid = { kind: "month" };

/** Open time of the candle that holds `timeMs`; both are Unix milliseconds. */
export function openTimeOf(grid: Grid, timeMs: number): number {
  if (grid.kind === "month") {
    const date = new Date(timeMs);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  }
  return Math.floor((timeMs - grid.offsetMs) / grid.stepMs) * grid.stepMs + grid.offsetMs;
}

/** Open time of the candle `count` candles after the one that opens at `openMs`; `count` may be negative. */
export function shiftOpenTime(grid: Grid, openMs: number, count: number): number {
  if (grid.kind === "month") {
    const date = new Date(openMs);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count, 1);
  }
  return openMs + count * grid.stepMs;
}

/** First open time at or after `timeMs`. */
export function openTimeFrom(grid: Grid, timeMs: number): number {
  const openMs = openTimeOf(grid, timeMs);
  return openMs === timeMs ? openMs : shiftOpenTime(grid, openMs, 1);
}

/** A name that two equal grids share. */
export function nameOf(grid: Grid): string {
  return grid.kind === "month" ? "month" : `${grid.stepMs}+${grid.offsetMs}`;
}
