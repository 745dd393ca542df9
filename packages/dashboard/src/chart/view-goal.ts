import { placeOf } from "./candle-columns.ts";
import type { TimeRange } from "./chart-place.ts";
import type { Part } from "./plotted-part.ts";

/** What is to be seen: a range, or the newest candles; null: as many as there is room for. */
export interface View {
  readonly range: TimeRange | null;
  readonly count: number | null;
}

/** Where the candles of a view are. */
export interface ViewPlaces {
  readonly seen: Part;
  /** Its range holds none: `seen` are those on both sides of it. */
  readonly isMissed: boolean;
}

/** Where `view` is among the candles that open at `timestamp`, ascending; `count` have room. */
export function placesOfView(
  { range }: View,
  timestamp: readonly number[],
  count: number,
): ViewPlaces {
  const { length } = timestamp;
  if (range === null) {
    return { seen: { from: length - count, to: length }, isMissed: false };
  }
  const from = placeOf(timestamp, range.start);
  const to = placeOf(timestamp, range.end);
  if (from < to || length === 0) {
    return { seen: { from, to }, isMissed: false };
  }
  const half = count / 2;
  const seen = { from: Math.max(0, Math.floor(from - half)), to: Math.ceil(to + half) };
  return { seen, isMissed: true };
}

/** What the time scale is to show of `view`, which is at `places`; `offset` candles of room are left behind the newest. */
export function logicalRangeOf({ range }: View, { from, to }: Part, offset: number): Part {
  return range === null
    ? { from: from + offset, to: to - 1 + offset }
    : { from: from - 0.5, to: Math.max(from + 1, to) - 0.5 };
}

/** Whether some of `view` is loaded. */
export function isReached(
  { range: wanted }: View,
  loaded: TimeRange & { readonly isNewest: boolean },
): boolean {
  return wanted === null ? loaded.isNewest : wanted.start < loaded.end && loaded.start < wanted.end;
}
