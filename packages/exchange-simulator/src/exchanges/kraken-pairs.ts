import { formatFixed, fromUnits } from "../decimal.ts";
import type { Exchange } from "../exchange.ts";
import type { Market } from "../market/catalogue.ts";
import type { Token } from "../market/tokens.ts";

/** Finds a pair by any of the names that Kraken takes: XXBTZUSD, XBTUSD, XBT/USD, BTCUSD, BTC/USD. */
export interface PairNames {
  find(name: string): Market | undefined;
}

export function createPairNames(exchange: Exchange): PairNames {
  const byName = new Map<string, Market>();
  for (const market of exchange.catalogue.of("kraken")) {
    byName.set(market.symbol, market);
    for (const base of [market.token.krakenCode, market.token.code]) {
      byName.set(`${base}${market.quote}`, market);
      byName.set(`${base}/${market.quote}`, market);
    }
  }
  return { find: (name) => byName.get(name.toUpperCase()) };
}

/** The result of /0/public/AssetPairs for `markets`. */
export function assetPairs(markets: readonly Market[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(markets.map((market) => [market.symbol, pairOf(market)]));
}

/** The result of /0/public/Assets. */
export function assets(exchange: Exchange): Readonly<Record<string, unknown>> {
  const tokens = new Set(exchange.catalogue.of("kraken").map((market) => market.token));
  return Object.fromEntries([
    ["ZUSD", assetOf("USD", 4, 2)],
    ["USDT", assetOf("USDT", 8, 4)],
    ["USDC", assetOf("USDC", 8, 4)],
    ...[...tokens].map((token) => [assetCode(token), assetOf(token.krakenCode, 10, 5)]),
  ]);
}

function assetOf(altname: string, decimals: number, display: number): unknown {
  return { aclass: "currency", altname, decimals, display_decimals: display, status: "enabled" };
}

function assetCode(token: Token): string {
  return token.krakenLegacy ? `X${token.krakenCode}` : token.krakenCode;
}

function pairOf(market: Market): unknown {
  const { token, quote } = market;
  return {
    altname: `${token.krakenCode}${quote}`,
    wsname: `${token.krakenCode}/${quote}`,
    aclass_base: "currency",
    base: assetCode(token),
    aclass_quote: "currency",
    quote: quote === "USD" ? "ZUSD" : quote,
    lot: "unit",
    cost_decimals: 5,
    pair_decimals: market.priceDecimals,
    lot_decimals: 8,
    lot_multiplier: 1,
    leverage_buy: [2, 3],
    leverage_sell: [2, 3],
    fees: [
      [0, 0.4],
      [10_000, 0.35],
      [50_000, 0.24],
    ],
    fees_maker: [
      [0, 0.25],
      [10_000, 0.2],
      [50_000, 0.14],
    ],
    fee_volume_currency: "ZUSD",
    margin_call: 80,
    margin_stop: 40,
    ordermin: "0.00005",
    costmin: "0.5",
    tick_size: formatFixed(fromUnits(1, market.priceDecimals), 0),
    status: "online",
    long_position_limit: 80,
    short_position_limit: 80,
  };
}
