import { openTimeOf, shiftOpenTime } from "../interval.ts";
import type { Candle } from "./candle.ts";
import type { CandleRange, MarketData } from "./market-data.ts";

/** The oldest `count` candles of the range, oldest first. */
export function oldestCandles(data: MarketData, range: CandleRange, count: number): Candle[] {
  const found: Candle[] = [];
  const endMs = Math.min(range.toMs, range.nowMs + 1);
  let fromMs = Math.max(range.fromMs, openTimeOf(range.grid, range.market.listedMs));
  while (found.length < count && fromMs < endMs) {
    const nextMs = shiftOpenTime(range.grid, openTimeOf(range.grid, fromMs), count + 1);
    found.push(...data.candles({ ...range, fromMs, toMs: Math.min(nextMs, endMs) }));
    fromMs = nextMs;
  }
  return found.slice(0, count);
}

/** The newest `count` candles of the range, oldest first. */
export function newestCandles(data: MarketData, range: CandleRange, count: number): Candle[] {
  let found: Candle[] = [];
  const firstMs = Math.max(range.fromMs, openTimeOf(range.grid, range.market.listedMs));
  let toMs = Math.min(range.toMs, range.nowMs + 1);
  while (found.length < count && toMs > firstMs) {
    const wanted = shiftOpenTime(range.grid, openTimeOf(range.grid, toMs - 1), 1 - count);
    const fromMs = Math.max(firstMs, wanted);
    found = [...data.candles({ ...range, fromMs, toMs }), ...found];
    toMs = fromMs;
  }
  return found.slice(-count);
}
