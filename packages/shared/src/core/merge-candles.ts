import type { Candle } from "./candle.ts";

/** What merging candles of one series gives. */
export interface MergedCandles {
  /** Ascending, each timestamp once. */
  readonly candles: Candle[];
  /** Candles of `added` whose timestamp `kept` does not have. */
  readonly added: number;
  /** Candles of `added` that `kept` has, with the same values. */
  readonly same: number;
  /** Candles of `added` that `kept` has with other values; they are not in `candles`. */
  readonly differing: Candle[];
}

/**
 * `kept` with the candles of `added` that it does not have: a candle that is kept stays as it is.
 * Both are ascending, each timestamp once. A series' decimals have one stored form each, so values
 * are the same where they are identical.
 */
export function mergeCandles(kept: readonly Candle[], added: readonly Candle[]): MergedCandles {
  const candles: Candle[] = [];
  const differing: Candle[] = [];
  let same = 0;
  let position = 0;
  for (const candle of added) {
    position = keepBefore(candle.timestamp, kept, position, candles);
    const stored = kept[position];
    if (stored?.timestamp !== candle.timestamp) {
      candles.push(candle);
    } else if (hasSameValues(stored, candle)) {
      same += 1;
    } else {
      differing.push(candle);
    }
  }
  keepBefore(Infinity, kept, position, candles);
  return { candles, added: candles.length - kept.length, same, differing };
}

/** Moves the candles of `kept` before `timestamp` to `candles`, and says where it stopped. */
function keepBefore(
  timestamp: number,
  kept: readonly Candle[],
  from: number,
  candles: Candle[],
): number {
  let position = from;
  for (let next = kept[from]; next !== undefined && next.timestamp < timestamp;) {
    candles.push(next);
    position += 1;
    next = kept[position];
  }
  return position;
}

/** Whether two candles of one open time say the same. */
export function hasSameValues(a: Candle, b: Candle): boolean {
  return (
    a.open === b.open &&
    a.high === b.high &&
    a.low === b.low &&
    a.close === b.close &&
    a.volume_from === b.volume_from &&
    a.volume_to === b.volume_to &&
    a.trades === b.trades
  );
}

/**
 * `candles` with the values of those `revisions` that have the timestamp of one of them. Both are
 * ascending, each timestamp once.
 */
export function replaceRevised(
  candles: readonly Candle[],
  revisions: readonly Candle[],
): readonly Candle[] {
  if (revisions.length === 0) {
    return candles;
  }
  const revised = new Map(revisions.map((revision) => [revision.timestamp, revision]));
  return candles.map((candle) => revised.get(candle.timestamp) ?? candle);
}
