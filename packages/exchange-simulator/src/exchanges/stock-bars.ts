import { divideRounded, toJsonNumber, type Decimal } from "../decimal.ts";
import type { Call, Exchange } from "../exchange.ts";
import { everyMs } from "../interval.ts";
import { joinCandles, type Candle } from "../market/candle.ts";
import type { Market } from "../market/catalogue.ts";
import {
  CLOSING_BELL_MS,
  isSession,
  LATE_MS,
  newYorkMidnightMs,
  OPENING_BELL_MS,
} from "../market/stock-sessions.ts";
import { splitOf } from "../market/stocks.ts";

/** A bar as Massive writes it. */
export interface Bar {
  readonly v: number;
  readonly vw: number;
  readonly o: number;
  readonly c: number;
  readonly h: number;
  readonly l: number;
  readonly t: number;
  readonly n: number;
}

/** `candle` as a bar with time `t`; where `isAdjusted`, in shares as they are after the stock's split. */
export function barOf(candle: Candle, market: Market, t: number, isAdjusted: boolean): Bar {
  const split = splitOf(market.symbol);
  const isBefore = split !== undefined && candle.openMs < Date.parse(split.day);
  const ratio = BigInt(isAdjusted && isBefore ? split.ratio : 1);
  const price = (value: Decimal): number => toJsonNumber(value / ratio);
  return {
    v: toJsonNumber(candle.volume * ratio),
    vw: price(divideRounded(candle.quoteVolume, candle.volume, 4)),
    o: price(candle.open),
    c: price(candle.close),
    h: price(candle.high),
    l: price(candle.low),
    t,
    n: candle.trades,
  };
}

/**
 * The candle of the date `day` (days since 1970-01-01) in New York: prices of the regular session
 * alone, volume and trades of the hours before and after it too. Undefined where nothing traded.
 */
export function sessionCandle(
  exchange: Exchange,
  call: Call,
  market: Market,
  day: number,
): Candle | undefined {
  if (!isSession(day)) {
    return undefined;
  }
  const midnightMs = newYorkMidnightMs(day);
  const data = exchange.candlesFor(call);
  const [early, regular, late] = [
    [0, OPENING_BELL_MS],
    [OPENING_BELL_MS, CLOSING_BELL_MS],
    [CLOSING_BELL_MS, LATE_MS],
  ].map(([from = 0, to = 0]) => {
    const openMs = midnightMs + from;
    const grid = everyMs(to - from, openMs);
    return data.candles({ market, grid, fromMs: openMs, toMs: openMs + 1, nowMs: call.nowMs })[0];
  });
  if (regular === undefined) {
    return undefined;
  }
  const thin = [early, late].filter((part) => part !== undefined);
  const { volume, quoteVolume, trades } = thin.reduce(joinCandles, regular);
  return { ...regular, volume, quoteVolume, trades };
}
