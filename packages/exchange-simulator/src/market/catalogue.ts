import { keyOf } from "./seeded.ts";
import { stockMarkets } from "./stocks.ts";
import { LISTED_TOKENS, type Token } from "./tokens.ts";

/** A set of order books, or an index, of its own. Two hosts may show the same one. */
export type SourceId =
  | "binance"
  | "kraken"
  | "coinbase"
  | "cryptocompare"
  | "coingecko"
  | "massive"
  | "finnhub";

/** One series of trades as one source publishes it. */
export interface Market {
  readonly source: SourceId;
  /** The source's own name for it: BTCUSDT, XXBTZUSD, BTC-USD, bitcoin. */
  readonly symbol: string;
  readonly token: Token;
  /** The quote in everybody's words: USD, USDT, USDC. */
  readonly quote: string;
  readonly priceDecimals: number;
  /** Decimals that volumes are drawn with; a source may print more. */
  readonly lotDecimals: number;
  /** The first minute that has a candle, Unix milliseconds. */
  readonly listedMs: number;
  /** Share of the minutes in which nothing trades, 0 to 1. */
  readonly quietShare: number;
  readonly dailyVolumeUsd: number;
  /** What a minute without a trade looks like: a flat candle, or none. */
  readonly quietMinutes: "flat" | "absent";
  /** What an outage of the source looks like; an index of many sources has none. */
  readonly outages: "absent" | "flat" | "none";
  /** When it trades: always, or in the sessions of the New York stock markets. */
  readonly hours: "always" | "new-york";
}

/** Synthetic tokens for load tests: T0000 to T0999, on Binance in USDT, elsewhere in USD. */
const SYNTHETIC_TOKENS = 1000;
/** Quote volume of a day, in units, stays under this share of 2^53, so that sums of doubles are exact. */
const DAILY_UNITS_MAX = 9e15 / 3;

/** Nothing trades in up to this share of the minutes; in half of it at the volume below. */
const QUIET_SHARE_MAX = 0.6;
const QUIET_VOLUME_USD = 500_000;

/** Every market of every source, by source and native symbol. */
export interface Catalogue {
  of(source: SourceId): readonly Market[];
  find(source: SourceId, symbol: string): Market | undefined;
}

export function createCatalogue(): Catalogue {
  const bySource = new Map<SourceId, Map<string, Market>>();
  for (const market of [
    ...listedMarkets(),
    ...syntheticMarkets(),
    ...stockMarkets("massive"),
    ...stockMarkets("finnhub"),
  ]) {
    const markets = bySource.get(market.source) ?? new Map<string, Market>();
    markets.set(market.symbol, market);
    bySource.set(market.source, markets);
  }
  return {
    of: (source) => [...(bySource.get(source)?.values() ?? [])],
    find: (source, symbol) => bySource.get(source)?.get(symbol),
  };
}

function* listedMarkets(): Generator<Market> {
  for (const token of LISTED_TOKENS) {
    yield binanceMarket(token, "USDT", token.binanceListedMs, 1);
    yield krakenMarket(token, "USD", 1);
    yield indexMarket("coinbase", `${token.code}-USD`, token, token.coinbaseDecimals, 0.25);
    yield indexMarket("cryptocompare", `${token.code}-USD`, token, 4, 1.5);
    yield indexMarket("coingecko", token.geckoId, token, 4, 1.5);
    if (token.code === "BTC" || token.code === "ETH") {
      yield binanceMarket(token, "USDC", Date.UTC(2018, 11, 15, 3), 0.05);
    }
    if (token.code === "BTC") {
      yield krakenMarket(token, "USDT", 0.1);
      yield krakenMarket(token, "USDC", 0.02);
    }
  }
}

function* syntheticMarkets(): Generator<Market> {
  for (let index = 0; index < SYNTHETIC_TOKENS; index += 1) {
    const code = `T${String(index).padStart(4, "0")}`;
    const listedMs = Date.UTC(2020, 0, 1);
    const token: Token = {
      code,
      name: `Test token ${index}`,
      geckoId: code.toLowerCase(),
      krakenCode: code,
      krakenLegacy: false,
      priceUsd: 0.5 + ((keyOf(code, "price") >>> 0) % 9950) / 100,
      dailyMove: 0.05,
      dailyVolumeUsd: 200_000 + ((keyOf(code, "volume") >>> 0) % 5_000_000),
      binanceDecimals: 4,
      krakenDecimals: 4,
      coinbaseDecimals: 4,
      binanceListedMs: listedMs,
      elsewhereListedMs: listedMs,
    };
    yield binanceMarket(token, "USDT", listedMs, 1);
    yield krakenMarket(token, "USD", 1);
    yield indexMarket("coinbase", `${code}-USD`, token, token.coinbaseDecimals, 0.25);
    yield indexMarket("cryptocompare", `${code}-USD`, token, 4, 1.5);
  }
}

function binanceMarket(token: Token, quote: string, listedMs: number, share: number): Market {
  return {
    source: "binance",
    symbol: `${token.code}${quote}`,
    token,
    quote,
    priceDecimals: token.binanceDecimals,
    ...volumesOf(token, share, token.binanceDecimals),
    listedMs,
    quietMinutes: "flat",
    outages: "absent",
    hours: "always",
  };
}

/** Kraken's canonical name has X and Z in front of old assets, where the quote is fiat. */
function krakenMarket(token: Token, quote: string, share: number): Market {
  const legacy = token.krakenLegacy && quote === "USD";
  return {
    source: "kraken",
    symbol: legacy ? `X${token.krakenCode}Z${quote}` : `${token.krakenCode}${quote}`,
    token,
    quote,
    priceDecimals: token.krakenDecimals,
    ...volumesOf(token, share * 0.05, token.krakenDecimals),
    listedMs: token.elsewhereListedMs,
    quietMinutes: "flat",
    outages: "flat",
    hours: "always",
  };
}

function indexMarket(
  source: "coinbase" | "cryptocompare" | "coingecko",
  symbol: string,
  token: Token,
  priceDecimals: number,
  share: number,
): Market {
  const exchange = source === "coinbase";
  return {
    source,
    symbol,
    token,
    quote: "USD",
    priceDecimals,
    ...volumesOf(token, share, priceDecimals),
    listedMs: exchange ? token.elsewhereListedMs : token.elsewhereListedMs - 30 * 86_400_000,
    quietMinutes: exchange ? "absent" : "flat",
    outages: exchange ? "absent" : "none",
    hours: "always",
  };
}

/** Volume, its decimals, and how often nothing trades: the smaller the market, the more often. */
function volumesOf(
  token: Token,
  share: number,
  priceDecimals: number,
): Pick<Market, "dailyVolumeUsd" | "lotDecimals" | "quietShare"> {
  const dailyVolumeUsd = token.dailyVolumeUsd * share;
  const exact = Math.floor(Math.log10(DAILY_UNITS_MAX / dailyVolumeUsd)) - priceDecimals;
  const usual = Math.round(Math.log10(token.priceUsd)) + 2;
  return {
    dailyVolumeUsd,
    lotDecimals: Math.max(0, Math.min(8, usual, exact)),
    quietShare: QUIET_SHARE_MAX / (1 + (dailyVolumeUsd / QUIET_VOLUME_USD) ** 1.2),
  };
}
