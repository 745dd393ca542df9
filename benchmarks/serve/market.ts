/** The candles that every system of the benchmark holds: minutes of a seeded market. */
import type { Candle } from "@candlehouse/shared/core/candle";

export const DAY = 86_400;
/** The year that is held; unix seconds, the end exclusive. */
export const YEAR_START = Date.UTC(2025, 0, 1) / 1_000;
export const YEAR_END = Date.UTC(2026, 0, 1) / 1_000;

/** Before this, candles lie in files; from it on they are hot: 20 days, as in a real system. */
export const HOT_FROM = YEAR_END - 20 * DAY;

/** Held for the whole year. */
export const YEAR_SYMBOLS = ["BTC-USDT", "ETH-USDT", "SOL-USDT", "XRP-USDT", "ADA-USDT"] as const;

/** Held while they are hot: with those of the year, twenty. */
const HOT_SYMBOLS = Array.from({ length: 15 }, (_, place) => `COIN${place + 1}-USDT`);

export const SYMBOLS: readonly string[] = [...YEAR_SYMBOLS, ...HOT_SYMBOLS];

/** Minutes of `symbol`, oldest first, one each minute: the same ones whenever they are asked for. */
export function minutesOf(symbol: string): Candle[] {
  const place = SYMBOLS.indexOf(symbol);
  const start = place < YEAR_SYMBOLS.length ? YEAR_START : HOT_FROM;
  const random = seededRandom(place + 1);
  let cents = Math.round(4_000_000 / (place + 1) ** 2);
  return Array.from({ length: (YEAR_END - start) / 60 }, (_, minute) => {
    const open = cents;
    cents = Math.max(100, cents + Math.round((random() - 0.5) * cents * 0.001));
    const high = Math.max(open, cents) + Math.round(random() * cents * 0.0003);
    const low = Math.min(open, cents) - Math.round(random() * cents * 0.0003);
    // Hundred-thousandths of a coin: with the cents, a quote volume has seven digits.
    const units = Math.round(random() ** 4 * 5_000_000);
    return {
      timestamp: start + minute * 60,
      open: open / 100,
      high: high / 100,
      low: low / 100,
      close: cents / 100,
      volume_from: units / 100_000,
      volume_to: (units * cents) / 10_000_000,
      trades: Math.round(units / 3_000),
    };
  });
}

/** Numbers from 0 (inclusive) to 1 (exclusive), the same for the same seed. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
