import type { SourceId } from "./source.ts";
import { addCandles, openTimeOf, timeframeSeconds, type Timeframe } from "./timeframe.ts";

/** What is true of a source's candles as a whole, whoever reads them. */
export interface SourceTraits {
  /**
   * What stands for an interval in which nothing was traded: a `flat` candle at the last price, or
   * none. Kraken gives flat ones for its newest and none in its trades and files.
   */
  readonly quiet: "absent" | "flat";
  /** Whether its markets close at night, on weekends and on holidays. */
  readonly sessions: boolean;
}

const TRAITS: Readonly<Record<SourceId, SourceTraits>> = {
  binance: { quiet: "flat", sessions: false },
  kraken: { quiet: "absent", sessions: false },
  coinbase: { quiet: "absent", sessions: false },
  cryptocompare: { quiet: "flat", sessions: false },
  coingecko: { quiet: "flat", sessions: false },
  massive: { quiet: "absent", sessions: true },
  finnhub: { quiet: "absent", sessions: true },
};

export function traitsOf(source: SourceId): SourceTraits {
  return TRAITS[source];
}

/** Kraken's OHLC and CoinGecko's free answers hold their newest candles alone. */
const KRAKEN_CANDLES = 720;
const COINGECKO_CANDLES = 46;

/** CryptoCompare keeps minutes for a week on its usual plans. */
const CRYPTOCOMPARE_MINUTES_SECONDS = 7 * 86_400;
const HOUR_SECONDS = 3_600;

/**
 * Newest candles that `source` gives as candles; null where it gives all. Kraken's older ones can
 * be had from its trades, one request a thousand.
 */
export function reachCandles(source: SourceId): number | null {
  if (source === "kraken") {
    return KRAKEN_CANDLES;
  }
  return source === "coingecko" ? COINGECKO_CANDLES : null;
}

/** Whether `source` gives trades, from which candles beyond its reach can be made. */
export function hasTrades(source: SourceId): boolean {
  return source === "kraken";
}

/**
 * Open time of the oldest candle that `source` still gives, in any way, at `nowSeconds`; null where
 * it gives all there were. What lies before is never to be had again from it.
 */
export function reachStartOf(
  source: SourceId,
  timeframe: Timeframe,
  nowSeconds: number,
): number | null {
  const candles = reachCandles(source);
  if (candles !== null && !hasTrades(source)) {
    return addCandles(openTimeOf(nowSeconds, timeframe), timeframe, -candles);
  }
  if (source === "cryptocompare" && timeframeSeconds(timeframe) < HOUR_SECONDS) {
    return openTimeOf(nowSeconds - CRYPTOCOMPARE_MINUTES_SECONDS, timeframe);
  }
  return null;
}
