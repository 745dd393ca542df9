import { traitsOf } from "./source-traits.ts";
import type { SourceId } from "./source.ts";
import { closeTimeOf, newestClosed, type Timeframe } from "./timeframe.ts";

/** A candle that closed so long ago and is not held makes a series stale. */
const STALE_SECONDS = 86_400;

/** Markets that close at night have none from Friday evening until Tuesday of a long weekend. */
const STALE_SESSION_SECONDS = 4 * 86_400;

/** How far a series got. Times are unix seconds. */
export interface Progress {
  readonly source: SourceId;
  readonly timeframe: Timeframe;
  /** Open time of the newest candle that is held; null where there is none. */
  readonly last: number | null;
  /** Up to here, exclusive, the source was asked and had no candle that is not held. */
  readonly askedUntil: number | null;
}

/**
 * Since when a series is without a candle that it should have for a day or longer: when its newest
 * candle closed, or 0 where it has none. Null where it is up to date. Pure.
 */
export function staleSince(
  { source, timeframe, last, askedUntil }: Progress,
  nowSeconds: number,
): number | null {
  const allowed = traitsOf(source).sessions ? STALE_SESSION_SECONDS : STALE_SECONDS;
  const due = closeTimeOf(newestClosed(nowSeconds, timeframe, allowed), timeframe);
  const reached = Math.max(last === null ? 0 : closeTimeOf(last, timeframe), askedUntil ?? 0);
  return reached >= due ? null : reached;
}
