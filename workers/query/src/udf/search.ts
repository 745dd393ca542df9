import { tableAsset } from "@candlehouse/shared/core/asset-table";
import { SOURCES } from "@candlehouse/shared/core/source";
import { splitSymbol } from "@candlehouse/shared/core/symbol";
import { describeMarket, symbolTypeOf, type SymbolType } from "./symbol-info.ts";
import type { MarketName } from "../read-named-markets.ts";
import { exchangeOf, tickerOf } from "./ticker.ts";

/** What somebody who looks for a market types and chooses; an empty text leaves out nothing. */
export interface SearchQuery {
  readonly query: string;
  readonly type: string;
  readonly exchange: string;
  /** Most results. */
  readonly limit: number;
}

/** A market as a chart lists it. */
export interface SearchResult {
  readonly symbol: string;
  readonly full_name: string;
  readonly ticker: string;
  readonly description: string;
  readonly exchange: string;
  readonly type: SymbolType;
}

/** Quotes that most people mean; the others come after them. */
const USUAL_QUOTES = ["USDT", "USD", "USDC", "EUR"];

/** No match. */
const UNRELATED = Infinity;

/**
 * The `markets` that `query` finds, the best first: what is called just so, then what begins so,
 * then what has it in its name; of equals the asset of the higher tier, then the more usual quote,
 * then the source that comes first.
 */
export function searchMarkets(
  markets: readonly MarketName[],
  { query, type, exchange, limit }: SearchQuery,
): SearchResult[] {
  const colon = query.indexOf(":");
  const [place, text] =
    colon === -1 ? ["", query] : [query.slice(0, colon), query.slice(colon + 1)];
  const wanted = plain(text);
  return markets
    .filter((market) => {
      const name = exchangeOf(market.source);
      return (
        (exchange === "" || name === exchange.toUpperCase()) &&
        (place === "" || name.startsWith(plain(place))) &&
        (type === "" || symbolTypeOf(market) === type.toLowerCase())
      );
    })
    .map((market) => ({ market, order: [rankOf(market, wanted), ...orderOf(market)] }))
    .filter(({ order }) => order[0] !== UNRELATED)
    .toSorted((a, b) => compareOrder(a.order, b.order) || compareNames(a.market, b.market))
    .slice(0, limit)
    .map(({ market }) => resultOf(market, markets));
}

/** How well `wanted` fits a market; the less, the better. */
function rankOf({ source, symbol }: MarketName, wanted: string): number {
  const { base, quote } = splitSymbol(symbol);
  const { name, aliases } = tableAsset(base);
  const names = [base, ...aliases].map((alias) => `${alias}${quote}`);
  const words = [base, ...aliases];
  const title = plain(name ?? "");
  const tests = [
    names.includes(wanted),
    words.includes(wanted),
    names.some((one) => one.startsWith(wanted)),
    title === wanted,
    title.startsWith(wanted),
    names.some((one) => one.includes(wanted)),
    title.includes(wanted),
    exchangeOf(source).startsWith(wanted),
  ];
  const rank = tests.indexOf(true);
  return rank === -1 ? UNRELATED : rank;
}

/** What decides between markets that fit equally well. */
function orderOf({ source, symbol }: MarketName): number[] {
  const { base, quote } = splitSymbol(symbol);
  const place = USUAL_QUOTES.indexOf(quote);
  return [
    tableAsset(base).tier,
    place === -1 ? USUAL_QUOTES.length : place,
    SOURCES.indexOf(source),
  ];
}

function compareOrder(a: readonly number[], b: readonly number[]): number {
  const place = a.findIndex((value, index) => value !== b[index]);
  return place === -1 ? 0 : (a[place] ?? 0) - (b[place] ?? 0);
}

function compareNames(a: MarketName, b: MarketName): number {
  return a.symbol < b.symbol ? -1 : 1;
}

function resultOf(market: MarketName, markets: readonly MarketName[]): SearchResult {
  const siblings = markets.filter(({ source }) => source === market.source);
  const ticker = tickerOf(
    market,
    siblings.map(({ symbol }) => symbol),
  );
  const exchange = exchangeOf(market.source);
  return {
    symbol: ticker.slice(exchange.length + 1),
    full_name: ticker,
    ticker,
    description: describeMarket(market),
    exchange,
    type: symbolTypeOf(market),
  };
}

/** Letters and digits alone, in upper case: `btc/usdt` is BTCUSDT. */
function plain(text: string): string {
  return text.toUpperCase().replaceAll(/[^A-Z0-9]/g, "");
}
