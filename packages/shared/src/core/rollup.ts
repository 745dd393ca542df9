import type { Candle } from "./candle.ts";
import { compareStored, type StoredDecimal } from "./decimal.ts";
import { addStored } from "./rollup-sum.ts";
import {
  closeTimeOf,
  countCandles,
  isAligned,
  openTimeOf,
  timeframeSeconds,
  type Timeframe,
} from "./timeframe.ts";

const DAY_SECONDS = 86_400;

/** A candle that was made of finer ones. */
export interface RolledCandle extends Candle {
  /** Finer candles that belong to it and are not there: 0 where it is complete. */
  readonly missing: number;
}

/**
 * `candles` (ascending, no timestamp twice) of timeframe `from` as candles of the coarser `to`.
 * Open is that of the first one, close that of the last one; volumes and trades are exact sums, null
 * where one of them is null. A candle that no finer one belongs to is left out. Throws RangeError
 * where candles of `from` do not make up those of `to`.
 */
export function rollUp(candles: readonly Candle[], from: Timeframe, to: Timeframe): RolledCandle[] {
  checkNesting(from, to);
  const rolled: RolledCandle[] = [];
  for (const candle of candles) {
    const timestamp = openTimeOf(candle.timestamp, to);
    addPart(
      rolled,
      { ...candle, timestamp, missing: expectedCandles(timestamp, from, to) - 1 },
      from,
      to,
    );
  }
  return rolled;
}

/** How many candles of `from` make up the one of `to` that opens at `timestamp`. */
export function expectedCandles(timestamp: number, from: Timeframe, to: Timeframe): number {
  return countCandles(timestamp, closeTimeOf(timestamp, to), from);
}

/** Puts `part` of a rolled candle after `rolled`, the last of which may be an earlier part of it. */
export function addPart(
  rolled: RolledCandle[],
  part: RolledCandle,
  from: Timeframe,
  to: Timeframe,
): void {
  const last = rolled.at(-1);
  if (last?.timestamp === part.timestamp) {
    rolled[rolled.length - 1] = mergeParts(last, part, expectedCandles(part.timestamp, from, to));
  } else {
    rolled.push(part);
  }
}

/** Whether candles of `from` make up those of the coarser `to`, as 3d do not make up weeks. */
export function nests(from: Timeframe, to: Timeframe): boolean {
  const step = timeframeSeconds(from);
  // Months begin on any day, so only what days are made of makes them up.
  const length = to === "1M" ? DAY_SECONDS : timeframeSeconds(to);
  return from !== "1M" && length % step === 0 && isAligned(openTimeOf(0, to), from);
}

/** Throws RangeError where candles of `from` do not make up those of `to`. */
export function checkNesting(from: Timeframe, to: Timeframe): void {
  if (from !== to && !nests(from, to)) {
    throw new RangeError(`${from} candles do not make up ${to} candles`);
  }
}

/** Two parts of one candle as one; what is in `later` comes after what is in `earlier`. */
function mergeParts(earlier: RolledCandle, later: RolledCandle, expected: number): RolledCandle {
  return {
    timestamp: earlier.timestamp,
    open: earlier.open,
    high: compareStored(earlier.high, later.high) >= 0 ? earlier.high : later.high,
    low: compareStored(earlier.low, later.low) <= 0 ? earlier.low : later.low,
    close: later.close,
    volume_from: addVolumes(earlier.volume_from, later.volume_from),
    volume_to: addVolumes(earlier.volume_to, later.volume_to),
    trades: addCounts(earlier.trades, later.trades),
    missing: earlier.missing + later.missing - expected,
  };
}

function addVolumes(a: StoredDecimal | null, b: StoredDecimal | null): StoredDecimal | null {
  return a === null || b === null ? null : addStored(a, b);
}

/** Throws RangeError where the sum of two counts is too large to be exact. */
export function addCounts(a: number | null, b: number | null): number | null {
  if (a === null || b === null) {
    return null;
  }
  if (!Number.isSafeInteger(a + b)) {
    throw new RangeError(`${a} and ${b} trades are more than can be counted`);
  }
  return a + b;
}
