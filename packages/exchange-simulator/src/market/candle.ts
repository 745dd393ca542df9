import type { Decimal } from "../decimal.ts";
import { largest, smallest } from "../decimal.ts";

/** What traded from an open time to the next. A candle without a trade is flat at the last price. */
export interface Candle {
  /** Unix milliseconds. */
  readonly openMs: number;
  /** Last millisecond, where a recording has one of its own: outages cut Binance's short. */
  readonly closeMs?: number;
  readonly open: Decimal;
  readonly high: Decimal;
  readonly low: Decimal;
  readonly close: Decimal;
  readonly volume: Decimal;
  readonly quoteVolume: Decimal;
  readonly trades: number;
  readonly takerVolume: Decimal;
  readonly takerQuoteVolume: Decimal;
}

/** One candle made of two neighbours, `later` after `earlier`. It opens where `earlier` does. */
export function joinCandles(earlier: Candle, later: Candle): Candle {
  return {
    openMs: earlier.openMs,
    open: earlier.open,
    high: largest(earlier.high, later.high),
    low: smallest(earlier.low, later.low),
    close: later.close,
    volume: earlier.volume + later.volume,
    quoteVolume: earlier.quoteVolume + later.quoteVolume,
    trades: earlier.trades + later.trades,
    takerVolume: earlier.takerVolume + later.takerVolume,
    takerQuoteVolume: earlier.takerQuoteVolume + later.takerQuoteVolume,
  };
}

/** `candle` as one that opens at `openMs`, for a bucket whose first minutes are absent. */
export function openedAt(candle: Candle, openMs: number): Candle {
  if (candle.openMs === openMs) {
    return candle;
  }
  const { closeMs: _, ...rest } = candle;
  return { ...rest, openMs };
}

/** A candle without a trade at `price`. */
export function flatCandle(openMs: number, price: Decimal): Candle {
  return {
    openMs,
    open: price,
    high: price,
    low: price,
    close: price,
    volume: 0n,
    quoteVolume: 0n,
    trades: 0,
    takerVolume: 0n,
    takerQuoteVolume: 0n,
  };
}
