import { parseSeries, type Series } from "@candlehouse/shared/core/series";
import { splitSymbol } from "@candlehouse/shared/core/symbol";
import { placeOf } from "../candle-columns.ts";
import type { TimeRange } from "../chart-place.ts";

/** Closes of another market beside those of the chart. */

const BASIS_POINTS = 10_000;

/** Quotes that are worth a dollar, as a rule. Nothing is converted: a difference may be the quote's. */
const DOLLARS: ReadonlySet<string> = new Set(["USD", "USDT", "USDC"]);

/** Closes by their open times, unix seconds, ascending. */
export interface Closes {
  readonly timestamp: readonly number[];
  readonly close: readonly number[];
}

/** A market without a timeframe, as it is shown: `kraken BTC-USD`. */
export function marketName({ source, symbol }: Pick<Series, "source" | "symbol">): string {
  return `${source} ${symbol}`;
}

/** Whether the prices of two series lie on one scale; else their changes are compared in percent. */
export function haveOneScale(series: string, other: string): boolean {
  const one = symbolOf(series);
  const two = symbolOf(other);
  return (
    one.base === two.base &&
    (one.quote === two.quote || (DOLLARS.has(one.quote) && DOLLARS.has(two.quote)))
  );
}

/** Whether both are the same market at two sources: then they can be compared with the consensus. */
export function haveOneSymbol(series: string, other: string): boolean {
  const one = parseSeries(series);
  const two = parseSeries(other);
  return one !== undefined && one.symbol === two?.symbol && one.source !== two.source;
}

function symbolOf(series: string) {
  return splitSymbol(parseSeries(series)?.symbol ?? "-");
}

/** How far `other` lies above (negative: below) `own`, in basis points. */
export function basisPoints(own: number, other: number): number {
  return (other / own - 1) * BASIS_POINTS;
}

/** What the differences in `range` come to; basis points. Null where no time is in both. */
export interface Differences {
  readonly candles: number;
  /** Of what they are without their sign. */
  readonly median: number;
  /** The one farthest from 0, and when that was. */
  readonly largest: number;
  readonly largestAt: number;
}

export function differencesIn(own: Closes, other: Closes, range: TimeRange): Differences | null {
  const found: { at: number; points: number }[] = [];
  const end = placeOf(own.timestamp, range.end);
  for (let place = placeOf(own.timestamp, range.start); place < end; place += 1) {
    const at = own.timestamp[place] ?? 0;
    const close = closeAt(other, at);
    if (close !== null) {
      found.push({ at, points: basisPoints(own.close[place] ?? Number.NaN, close) });
    }
  }
  const sorted = found.toSorted((a, b) => Math.abs(a.points) - Math.abs(b.points));
  const last = sorted.at(-1);
  if (last === undefined) {
    return null;
  }
  const middle = (sorted.length - 1) / 2;
  const low = Math.abs(sorted[Math.floor(middle)]?.points ?? 0);
  const high = Math.abs(sorted[Math.ceil(middle)]?.points ?? 0);
  return {
    candles: sorted.length,
    median: (low + high) / 2,
    largest: last.points,
    largestAt: last.at,
  };
}

/** The close of the candle that opened at `time`; null where there is none. */
export function closeAt({ timestamp, close }: Closes, time: number): number | null {
  const place = placeOf(timestamp, time);
  return timestamp[place] === time ? (close[place] ?? null) : null;
}

/** Those of `closes` at which the chart has a place: `own`, or one of the ascending `places`. */
export function placedCloses(
  closes: Closes,
  own: readonly number[],
  places: readonly number[],
): Closes {
  const kept = closes.timestamp.flatMap((time, index) =>
    own[placeOf(own, time)] === time || places[placeOf(places, time)] === time ? [index] : [],
  );
  return {
    timestamp: kept.map((index) => closes.timestamp[index] ?? 0),
    close: kept.map((index) => closes.close[index] ?? 0),
  };
}
