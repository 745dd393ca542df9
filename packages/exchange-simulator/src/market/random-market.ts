import { fromUnits } from "../decimal.ts";
import { DAY_MS, MINUTE_MS } from "../interval.ts";
import type { Candle } from "./candle.ts";
import type { Market } from "./catalogue.ts";
import { ABSENT, drawDay, emptyColumns, FLAT, TRADED, type Columns } from "./random-minutes.ts";
import { MINUTES_PER_DAY, type RandomPath } from "./random-path.ts";
import type { DayMinutes } from "./rollup.ts";

/** Draws the seeded random minutes of markets, the same whenever asked. `day` counts days since 1970. */
export interface RandomDays {
  day(market: Market, day: number): DayMinutes;
  /** The sum of all minutes of that day, without keeping them: half the time of `day(…).sum(…)`. */
  wholeDay(market: Market, day: number): Candle | undefined;
}

export function createRandomDays(seed: number, path: RandomPath): RandomDays {
  const scratch = emptyColumns();
  return {
    day(market, day) {
      const columns = drawDay(seed, path, market, day, emptyColumns());
      return { sum: (from, to) => sumOf(columns, market, day, from, to) };
    },
    wholeDay: (market, day) =>
      sumOf(drawDay(seed, path, market, day, scratch), market, day, 0, MINUTES_PER_DAY),
  };
}

function sumOf(
  columns: Columns,
  market: Market,
  day: number,
  from: number,
  to: number,
): Candle | undefined {
  const atLeast = market.quietMinutes === "flat" ? FLAT : TRADED;
  let first = -1;
  let last = -1;
  let high = 0;
  let low = Number.MAX_SAFE_INTEGER;
  let [lots, quote, trades, takerLots, takerQuote] = [0, 0, 0, 0, 0];
  for (let minute = from; minute < to; minute += 1) {
    if ((columns.state[minute] ?? ABSENT) < atLeast) {
      continue;
    }
    first = first === -1 ? minute : first;
    last = minute;
    high = Math.max(high, columns.high[minute] ?? 0);
    low = Math.min(low, columns.low[minute] ?? 0);
    lots += columns.lots[minute] ?? 0;
    quote += columns.quote[minute] ?? 0;
    trades += columns.trades[minute] ?? 0;
    takerLots += columns.takerLots[minute] ?? 0;
    takerQuote += columns.takerQuote[minute] ?? 0;
  }
  if (first === -1) {
    return undefined;
  }
  const { priceDecimals, lotDecimals } = market;
  return {
    openMs: day * DAY_MS + first * MINUTE_MS,
    open: fromUnits(columns.open[first] ?? 0, priceDecimals),
    high: fromUnits(high, priceDecimals),
    low: fromUnits(low, priceDecimals),
    close: fromUnits(columns.close[last] ?? 0, priceDecimals),
    volume: fromUnits(lots, lotDecimals),
    quoteVolume: fromUnits(quote, priceDecimals + lotDecimals),
    trades,
    takerVolume: fromUnits(takerLots, lotDecimals),
    takerQuoteVolume: fromUnits(takerQuote, priceDecimals + lotDecimals),
  };
}
