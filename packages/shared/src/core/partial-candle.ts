import { Big } from "big.js";
import type { Candle } from "./candle.ts";
import { compareStored, decimalOf, storedDecimal, type StoredDecimal } from "./decimal.ts";
import { openTimeOf, type Timeframe } from "./timeframe.ts";
import { rollUpTrades, type Trade } from "./trade-candles.ts";

const NS_PER_SECOND = 1_000_000_000n;

/** Where a trade stands among those of its market: by time, then by id. Plain JSON. */
export interface TradePlace {
  /** Unix nanoseconds, UTC, as decimal digits. */
  readonly timeNs: string;
  readonly id: number;
}

/** A candle of some of its trades. */
export interface CandlePart {
  readonly candle: Candle;
  /** The first and the last of the trades. */
  readonly first: TradePlace;
  readonly last: TradePlace;
}

/** A candle whose trades have not all come, and how to go on. Plain JSON. */
export interface PartialCandle extends CandlePart {
  /** What to ask for next: trades from this time on, unix nanoseconds, as decimal digits. */
  readonly sinceNs: string;
  /** Trades that were counted and may come again with the next page. */
  readonly ids: readonly number[];
}

/** The candles of `timeframe` that `trades` make, oldest first, each with its place. */
export function partsOf(trades: readonly Trade[], timeframe: Timeframe): CandlePart[] {
  const ends = new Map<number, { first: TradePlace; last: TradePlace }>();
  for (const { timeNs, id } of trades) {
    const openTime = openTimeOf(Number(timeNs / NS_PER_SECOND), timeframe);
    const place = { timeNs: String(timeNs), id };
    const { first, last } = ends.get(openTime) ?? { first: place, last: place };
    ends.set(openTime, {
      first: isBefore(place, first) ? place : first,
      last: isBefore(last, place) ? place : last,
    });
  }
  return rollUpTrades(trades, timeframe).flatMap((candle) => {
    const places = ends.get(candle.timestamp);
    return places === undefined ? [] : [{ candle, ...places }];
  });
}

/** The candle of the trades of both parts, which share its open time and no trade. */
export function joinParts(a: CandlePart, b: CandlePart): CandlePart {
  const [early, late] = isBefore(b.first, a.first) ? [b, a] : [a, b];
  const isLast = isBefore(early.last, late.last);
  return {
    candle: {
      ...early.candle,
      high: extreme(a.candle.high, b.candle.high, 1),
      low: extreme(a.candle.low, b.candle.low, -1),
      close: (isLast ? late : early).candle.close,
      volume_from: storedDecimal(
        new Big(decimalOf(a.candle.volume_from ?? 0))
          .plus(decimalOf(b.candle.volume_from ?? 0))
          .toFixed(),
      ),
      trades: (a.candle.trades ?? 0) + (b.candle.trades ?? 0),
    },
    first: early.first,
    last: (isLast ? late : early).last,
  };
}

function isBefore(a: TradePlace, b: TradePlace): boolean {
  const [left, right] = [BigInt(a.timeNs), BigInt(b.timeNs)];
  return left < right || (left === right && a.id < b.id);
}

function extreme(a: StoredDecimal, b: StoredDecimal, sign: 1 | -1): StoredDecimal {
  return compareStored(a, b) * sign >= 0 ? a : b;
}
