import { tableAsset } from "@candlehouse/shared/core/asset-table";
import { resolutionOf, servedTimeframes } from "@candlehouse/shared/core/resolution";
import type { SourceId } from "@candlehouse/shared/core/source";
import { traitsOf } from "@candlehouse/shared/core/source-traits";
import { splitSymbol } from "@candlehouse/shared/core/symbol";
import { timeframeSeconds, type Timeframe } from "@candlehouse/shared/core/timeframe";
import type { MarketDigits } from "../read-digits.ts";
import type { UdfMarket } from "./read-udf-market.ts";
import type { MarketName } from "../read-named-markets.ts";
import { exchangeOf } from "./ticker.ts";

/** Names of the sources, for people. */
export const SOURCE_NAMES: Readonly<Record<SourceId, string>> = {
  binance: "Binance",
  kraken: "Kraken",
  coinbase: "Coinbase",
  cryptocompare: "CryptoCompare",
  coingecko: "CoinGecko",
  massive: "Massive",
  finnhub: "Finnhub",
};

/**
 * How late candles of a source come at best, in seconds, where that is minutes: what a chart shows
 * of it is delayed. They are the settle delays of docs/candle-semantics.md.
 */
const DELAY_SECONDS: Readonly<Partial<Record<SourceId, number>>> = {
  coingecko: 900,
  massive: 4_500,
  finnhub: 960,
};

/** Sources that tell prices and no volumes. */
const WITHOUT_VOLUME: ReadonlySet<SourceId> = new Set(["coingecko"]);

/** From four in the morning to eight in the evening: with what is traded before and after hours. */
const STOCK_SESSION = { session: "0400-2000", timezone: "America/New_York" } as const;
const CRYPTO_SESSION = { session: "24x7", timezone: "Etc/UTC" } as const;

const DAY_SECONDS = 86_400;

export type SymbolType = "crypto" | "stock";

export function symbolTypeOf({ source }: Pick<MarketName, "source">): SymbolType {
  return traitsOf(source).sessions ? "stock" : "crypto";
}

/** `Bitcoin / USDT` */
export function describeMarket({ symbol }: Pick<MarketName, "symbol">): string {
  const { base, quote } = splitSymbol(symbol);
  return `${tableAsset(base).name ?? base} / ${quote}`;
}

/**
 * What a chart is told of `market` at `nowSeconds`. It has no key `s`: a chart takes anything with
 * one for an error.
 */
export function symbolInfoOf(market: UdfMarket, digits: MarketDigits, nowSeconds: number) {
  const { source, symbol, ticker, timeframes, validUntil } = market;
  const exchange = exchangeOf(source);
  const type = symbolTypeOf(market);
  const expired = validUntil !== null && validUntil <= nowSeconds;
  return {
    name: ticker.slice(exchange.length + 1),
    ticker,
    full_name: ticker,
    description: describeMarket(market),
    type,
    ...(type === "stock" ? STOCK_SESSION : CRYPTO_SESSION),
    exchange,
    listed_exchange: exchange,
    format: "price" as const,
    minmov: 1,
    pricescale: 10 ** digits.price,
    currency_code: splitSymbol(symbol).quote,
    ...multipliersOf(servedTimeframes(timeframes)),
    volume_precision: digits.volume,
    visible_plots_set: WITHOUT_VOLUME.has(source) ? ("ohlc" as const) : ("ohlcv" as const),
    has_empty_bars: false,
    ...statusOf(market, expired),
    ...(expired ? { expired: true, expiration_date: validUntil } : {}),
  };
}

/** `endofday` is the only word for what is not updated as time goes on. */
function statusOf({ source, collected }: UdfMarket, expired: boolean) {
  const delay = DELAY_SECONDS[source];
  if (expired || collected.length === 0) {
    return { data_status: "endofday" as const };
  }
  return delay === undefined
    ? { data_status: "streaming" as const }
    : { data_status: "delayed_streaming" as const, delay };
}

/** Which resolutions are answered: all that are, so that a chart makes none by itself. */
function multipliersOf(served: readonly Timeframe[]) {
  const intraday = served.filter((timeframe) => timeframeSeconds(timeframe) < DAY_SECONDS);
  const days = served.filter((timeframe) => timeframe === "1d" || timeframe === "3d");
  const weeks = served.filter((timeframe) => timeframe === "1w");
  const months = served.filter((timeframe) => timeframe === "1M");
  return {
    supported_resolutions: served.map(resolutionOf),
    has_intraday: intraday.length > 0,
    intraday_multipliers: intraday.map(resolutionOf),
    has_daily: days.length > 0,
    daily_multipliers: days.map((timeframe) => timeframe.slice(0, 1)),
    has_weekly_and_monthly: weeks.length > 0 && months.length > 0,
    weekly_multipliers: weeks.map(() => "1"),
    monthly_multipliers: months.map(() => "1"),
  };
}
