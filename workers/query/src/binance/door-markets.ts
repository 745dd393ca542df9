import type { SourceId } from "@candlehouse/shared/core/source";
import { listMarkets, type MarketRow } from "@candlehouse/shared/d1/list-markets";
import { readNamedMarkets } from "../read-named-markets.ts";
import { compactOf, splitsOf } from "@candlehouse/shared/core/compact-symbol";
import { invalidSymbol } from "./binance-error.ts";

/** A stored market, with the name that it has at the door. */
export interface DoorMarket extends MarketRow {
  /**
   * Base and quote in one word: `BTCUSDT`. Where two markets of the source would be called the
   * same, both keep the dash.
   */
  readonly name: string;
}

/** The markets of `source`, by symbol. Throws StorageUnavailableError or StorageRejectedError. */
export async function readDoorMarkets(db: D1Database, source: SourceId): Promise<DoorMarket[]> {
  const { rows } = await listMarkets(db, { source });
  return nameMarkets(rows);
}

/**
 * The market of `source` that is called `name`, or whose symbol it is, without a look at the others.
 * Throws as `readDoorMarkets` and `findMarket` do.
 */
export async function readDoorMarket(
  db: D1Database,
  source: SourceId,
  name: string,
): Promise<DoorMarket> {
  // All that would be one word with it are looked for: they decide about the name.
  const alike = splitsOf(compactOf(name)).map((symbol) => ({ source, symbol }));
  const { rows } = await readNamedMarkets(db, alike);
  const markets = [...Map.groupBy(rows, ({ symbol }) => symbol)].map(([symbol, own]) => ({
    source,
    symbol,
    timeframes: own.map(({ timeframe }) => timeframe),
  }));
  return findMarket(nameMarkets(markets), name);
}

/** `markets` of one source with the names that they have at the door, in their order. */
function nameMarkets(markets: readonly MarketRow[]): DoorMarket[] {
  const counts = new Map<string, number>();
  for (const { symbol } of markets) {
    const word = compactOf(symbol);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return markets.map((market) => {
    const word = compactOf(market.symbol);
    return { ...market, name: counts.get(word) === 1 ? word : market.symbol };
  });
}

/**
 * The one of `markets` that is called `name`, or whose symbol it is. Throws BinanceError where none
 * is: of two that would be called the same, neither is.
 */
export function findMarket(markets: readonly DoorMarket[], name: string): DoorMarket {
  const found = markets.find((market) => market.name === name || market.symbol === name);
  if (found === undefined) {
    throw invalidSymbol();
  }
  return found;
}
