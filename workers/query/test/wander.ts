import type { Candle } from "@candlehouse/shared/core/candle";
import { candleAt } from "./candle-rows.ts";

/**
 * `count` candles, `step` seconds apart from `start` on, of a market that moves by up to a hundredth
 * a candle around `price`; `closes` gives other closes, by place.
 */
export function wanderingCandles(
  start: number,
  step: number,
  count: number,
  price: number,
  closes: Readonly<Record<number, number>> = {},
): Candle[] {
  const priceAt = (place: number): number =>
    closes[place] ?? price + Math.round(price * Math.sin(place * 1.7)) / 100;
  return Array.from({ length: count }, (_, place) => {
    const [open, close] = [priceAt(place - 1), priceAt(place)];
    return candleAt(start + place * step, {
      open,
      high: Math.max(open, close),
      low: Math.min(open, close),
      close,
    });
  });
}
