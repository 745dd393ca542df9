import type { ChartPlace } from "../chart-place.ts";

/** Open time of the last candle that is seen: it stays where it is while points come and go. */
export function anchorOf({ loaded, shown }: ChartPlace): number {
  const newest = loaded.peek().timestamp.at(-1) ?? 0;
  return Math.min(shown.peek()?.end ?? newest, newest);
}
