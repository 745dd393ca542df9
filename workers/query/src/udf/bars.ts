import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import { countCandles, type Timeframe } from "@candlehouse/shared/core/timeframe";

/**
 * Bars in one answer at most; a chart is told the same number. One of just so many says that there
 * may be more, so it is kept to exactly.
 */
export const BARS_MAX = 5_000;

/** Which bars a chart asks for. Times are unix seconds. */
export interface BarsQuery {
  readonly timeframe: Timeframe;
  /** Inclusive; undefined where `countback` alone counts. */
  readonly from: number | undefined;
  /** Exclusive. */
  readonly to: number;
  /** The newest so many before `to`, however old; undefined where `from` bounds them. */
  readonly countback: number | undefined;
}

/** How many candles before `to` hold everything that `query` asks for, as far as one answer goes. */
export function barsWanted({ timeframe, from, to, countback }: BarsQuery): number {
  const most = countback ?? countCandles(Math.min(from ?? to, to), to, timeframe);
  return Math.min(BARS_MAX, Math.max(1, most));
}

/** What a chart is told: bars in columns, or that there are none and where older ones are. */
export type History =
  | {
      readonly s: "ok";
      readonly t: readonly number[];
      readonly o: readonly number[];
      readonly h: readonly number[];
      readonly l: readonly number[];
      readonly c: readonly number[];
      readonly v?: readonly number[];
    }
  | { readonly s: "no_data"; readonly nextTime?: number };

/**
 * The answer to `query` out of `candles`, which are the newest before its `to` (ascending), as many
 * as `barsWanted` says or all there are. Where the newest of them is older than `from`, its time is
 * told.
 */
export function historyOf(query: BarsQuery, candles: readonly ServedCandle[]): History {
  const { from } = query;
  const meant = candles
    .filter(({ timestamp }) => from === undefined || timestamp >= from)
    .slice(-barsWanted(query));
  const older = candles.at(-1);
  if (meant.length > 0) {
    return columnsOf(meant);
  }
  return older === undefined ? { s: "no_data" } : { s: "no_data", nextTime: older.timestamp };
}

/** The protocol has numbers alone: volumes are left out where one of them is not known. */
function columnsOf(candles: readonly ServedCandle[]): History {
  const volumes = candles.flatMap(({ volume_from }) =>
    volume_from === null ? [] : [Number(volume_from)],
  );
  return {
    s: "ok",
    t: candles.map(({ timestamp }) => timestamp),
    o: candles.map(({ open }) => Number(open)),
    h: candles.map(({ high }) => Number(high)),
    l: candles.map(({ low }) => Number(low)),
    c: candles.map(({ close }) => Number(close)),
    ...(volumes.length === candles.length ? { v: volumes } : {}),
  };
}
