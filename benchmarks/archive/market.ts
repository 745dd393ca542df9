/** The candles that the archive is measured on. */
import type { Candle } from "@candlehouse/shared/core/candle";
import {
  binanceCandles,
  hasRecordings,
  krakenCandles,
} from "../../packages/shared/test/recordings.ts";

const START = Date.UTC(2023, 0, 1) / 1_000;
const YEAR_MINUTES = 525_600;

export interface Market {
  /** What the candles are, for people. */
  readonly name: string;
  readonly minutes: readonly Candle[];
  readonly hours: readonly Candle[];
  /** Hours of years, of a market that has no quote volume and misses an hour here and there. */
  readonly sparseHours: readonly Candle[];
}

/** Recorded candles where there are any, else seeded ones of the same form. */
export function loadMarket(): Market {
  return hasRecordings
    ? {
        name: "recorded: Binance BTCUSDT, 2023-01-01 to 2023-04-10; sparse hours: Kraken XBTUSD",
        minutes: binanceCandles("BTCUSDT-1m"),
        hours: binanceCandles("BTCUSDT-1h"),
        sparseHours: krakenCandles("XBTUSD_60"),
      }
    : {
        name: "seeded, for there are no recordings (RECORDINGS): random, so it compresses less",
        minutes: seededCandles(60, 143_920),
        hours: seededCandles(3_600, 2_399),
        sparseHours: seededCandles(3_600, 50_378).map((hour) => ({ ...hour, volume_to: null })),
      };
}

/** A year of minutes: `minutes` one after the other, again and again. */
export function tileYear(minutes: readonly Candle[]): Candle[] {
  return Array.from({ length: YEAR_MINUTES }, (_, index) => {
    const candle = minutes[index % minutes.length];
    if (candle === undefined) {
      throw new Error("no minute makes no year");
    }
    return { ...candle, timestamp: START + index * 60 };
  });
}

function seededCandles(stepSeconds: number, count: number): Candle[] {
  let state = 20_230_101;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  let cents = 1_654_177;
  return Array.from({ length: count }, (_, index) => {
    const open = cents;
    cents = Math.max(100, cents + Math.round((random() - 0.5) * 2_000));
    const high = Math.max(open, cents) + Math.round(random() * 500);
    const low = Math.min(open, cents) - Math.round(random() * 50);
    const volume = Math.round(random() ** 4 * 50_000_000) / 100_000;
    return {
      timestamp: START + index * stepSeconds,
      open: open / 100,
      high: high / 100,
      low: low / 100,
      close: cents / 100,
      volume_from: volume,
      volume_to: Math.round(volume * cents * 100_000) / 10_000_000,
      trades: Math.round(volume * 30),
    };
  });
}
