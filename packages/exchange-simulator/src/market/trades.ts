import { DECIMAL_PLACES, largest, smallest, type Decimal } from "../decimal.ts";
import { MINUTE_MS } from "../interval.ts";
import type { Candle } from "./candle.ts";
import type { Market } from "./catalogue.ts";
import { drawsFor, keyOf, type Draw } from "./seeded.ts";

/** One trade of a market. */
export interface MarketTrade {
  readonly price: Decimal;
  readonly volume: Decimal;
  /** Unix nanoseconds; no two trades of a market share it. */
  readonly timeNs: bigint;
  /** Ascends with time; numbers are left out between minutes. */
  readonly id: number;
  readonly isBuy: boolean;
}

/** Decimals of a volume, unless the candle has more. */
const VOLUME_DECIMALS = 8;

/** Numbers that each minute keeps for its trades. */
const IDS_PER_MINUTE = 100_000;

/** No trade is in the last millisecond, where a time as a JSON number could round up to the next minute. */
const TRADING_NS = BigInt(MINUTE_MS - 1) * 1_000_000n;

/** How soon a trade may follow the one before, both filled by one order. */
const SAME_ORDER_NS = 300;
const SAME_ORDER_SHARE = 0.3;

/**
 * The trades that make up `candle`, a whole minute, in order of time and id: as many as it counts,
 * with its volume, its four prices and none beyond them. The same whenever asked. A candle that has
 * more prices than trades, as a restated one may, gets a trade for each price.
 */
export function tradesOf(candle: Candle, market: Market): MarketTrade[] {
  if (candle.trades === 0) {
    return [];
  }
  const draw = drawsFor(keyOf(market.source, market.symbol, "trades", candle.openMs));
  const turns = turningPrices(candle, draw);
  const count = Math.max(candle.trades, turns.length);
  const prices = pricesOf(candle, turns, count, market.priceDecimals, draw);
  const volumes = volumesOf(candle.volume, count, draw);
  const times = timesOf(count, draw);
  const firstId = (candle.openMs / MINUTE_MS) * IDS_PER_MINUTE + 1;
  return Array.from({ length: count }, (_, index) => ({
    price: prices[index] ?? candle.close,
    volume: volumes[index] ?? 0n,
    timeNs: BigInt(candle.openMs) * 1_000_000n + (times[index] ?? 0n),
    id: firstId + index,
    isBuy: draw() < 0.5,
  }));
}

/** The prices that have to be traded, in an order in which they may have been: from open to close. */
function turningPrices({ open, high, low, close }: Candle, draw: Draw): readonly Decimal[] {
  const extremes = draw() < 0.5 ? [high, low] : [low, high];
  const inside = extremes.filter((price) => price !== open && price !== close);
  return open === close && inside.length === 0 ? [open] : [open, ...inside, close];
}

/** `turns` in their order, with prices between low and high in the other places; close is last. */
function pricesOf(
  candle: Candle,
  turns: readonly Decimal[],
  count: number,
  priceDecimals: number,
  draw: Draw,
): readonly Decimal[] {
  const tick = 10n ** BigInt(DECIMAL_PLACES - priceDecimals);
  const ticks = Number((candle.high - candle.low) / tick);
  const prices = Array.from(
    { length: count },
    () => candle.low + BigInt(Math.floor(draw() * (ticks + 1))) * tick,
  );
  // The first turn is first and the last one is last; of the others, each is in a part of its own.
  for (const [index, price] of turns.entries()) {
    prices[Math.floor((index * (count - 1)) / Math.max(1, turns.length - 1))] = price;
  }
  prices[count - 1] = candle.close;
  return prices;
}

/** `volume` in `count` parts, each above zero. */
function volumesOf(volume: Decimal, count: number, draw: Draw): readonly Decimal[] {
  const usual = 10n ** BigInt(DECIMAL_PLACES - VOLUME_DECIMALS);
  const isUsual = volume % usual === 0n && volume / usual >= BigInt(count);
  const unit = isUsual ? usual : 1n;
  let left = volume / unit;
  return Array.from({ length: count }, (_, index) => {
    const others = BigInt(count - 1 - index);
    // Twice the fair share at most; what must be left for the others is not given away.
    const share = (left * BigInt(Math.floor(draw() * 2e6))) / (BigInt(count - index) * 1_000_000n);
    const taken = others === 0n ? left : smallest(left - others, largest(1n, share));
    left -= taken;
    return taken * unit;
  });
}

/** Ascending times of `count` trades in nanoseconds after the minute's begin, each another. */
function timesOf(count: number, draw: Draw): readonly bigint[] {
  const times: bigint[] = [];
  for (let index = 0; index < count; index += 1) {
    const previous = times.at(-1);
    const isSameOrder = draw() < SAME_ORDER_SHARE && previous !== undefined;
    const slot = (TRADING_NS * BigInt(index)) / BigInt(count);
    const jitter = BigInt(Math.floor((draw() * Number(TRADING_NS)) / count));
    times.push(
      isSameOrder ? previous + 1n + BigInt(Math.floor(draw() * SAME_ORDER_NS)) : slot + jitter,
    );
  }
  // A trade right after another one may have overtaken the next, or met it.
  let last = -1n;
  return times
    .toSorted((a, b) => Number(a - b))
    .map((time) => {
      last = time > last ? time : last + 1n;
      return last;
    });
}
