import { compactOf, splitsOf } from "@candlehouse/shared/core/compact-symbol";
import { splitMarketName } from "@candlehouse/shared/core/market-name";
import { isSourceId, SOURCES, type SourceId } from "@candlehouse/shared/core/source";
import { isSymbol } from "@candlehouse/shared/core/symbol";
import type { MarketName } from "../read-named-markets.ts";

/** What a chart's name of a market may mean. */
export interface MarketNames {
  /** Where nothing is said, every source, in the order in which they are preferred. */
  readonly sources: readonly SourceId[];
  /** Canonical symbols: one, where base and quote are written apart. */
  readonly symbols: readonly string[];
  /** The symbol that this system reads it as by its table of quotes and foreign names. */
  readonly likely: string | undefined;
}

/** Longer names are none: the longest source, a colon and the longest symbol. */
const NAME_LENGTH_MAX = 64;

const NAME = /^(?:([A-Z]+):)?([A-Z0-9]+)(?:[-/_]([A-Z0-9]+))?$/;

/** What a chart calls a source: its id in upper case. */
export function exchangeOf(source: SourceId): string {
  return source.toUpperCase();
}

/**
 * What a chart calls `market`: `BINANCE:BTCUSDT`, or `BINANCE:BTC-USDT` where another of `symbols`,
 * which the source has, would be called the same.
 */
export function tickerOf({ source, symbol }: MarketName, symbols: readonly string[]): string {
  const compact = compactOf(symbol);
  const isShared = symbols.some((other) => other !== symbol && compactOf(other) === compact);
  return `${exchangeOf(source)}:${isShared ? symbol : compact}`;
}

/**
 * The markets that `name` can mean: `BINANCE:BTCUSDT`, `BINANCE:BTC-USDT` and `BTCUSDT`, in any
 * case. Undefined where it can mean none.
 */
export function readMarketName(name: string): MarketNames | undefined {
  const match = name.length > NAME_LENGTH_MAX ? null : NAME.exec(name.toUpperCase());
  if (match === null) {
    return undefined;
  }
  const [, exchange, word = "", quote] = match;
  const source = exchange?.toLowerCase();
  const sources = source === undefined ? SOURCES : isSourceId(source) ? [source] : [];
  const likely = splitMarketName(quote === undefined ? word : `${word}-${quote}`);
  const symbols =
    quote === undefined ? splitsOf(word) : [`${word}-${quote}`].filter((one) => isSymbol(one));
  return sources.length === 0 ? undefined : { sources, symbols, likely };
}
