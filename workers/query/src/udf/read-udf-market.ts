import { NotFoundError } from "@candlehouse/shared/core/errors";
import { TIMEFRAMES, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { readNamedMarkets, type MarketName, type NamedRow } from "../read-named-markets.ts";
import { compactOf, splitsOf } from "@candlehouse/shared/core/compact-symbol";
import type { ServeCost } from "../serve/serve-query.ts";
import { costOfQuery } from "../server-timing.ts";
import { readMarketName, tickerOf, type MarketNames } from "./ticker.ts";

/** What is there of a market that a chart asks for. */
export interface UdfMarket extends MarketName {
  /** What charts call it; nothing else is called so. */
  readonly ticker: string;
  /** In which candles are stored or collected; at least one, smallest first. */
  readonly timeframes: readonly Timeframe[];
  /** Those of them that are collected now. */
  readonly collected: readonly Timeframe[];
  /** When the market was closed at its source, unix seconds; null where it was not. */
  readonly validUntil: number | null;
}

/**
 * The market that a chart calls `name`: by source, or, where it names none, that of the source which
 * comes first. Throws NotFoundError where there is none or where two symbols of a source are written
 * so, StorageUnavailableError or StorageRejectedError.
 */
export async function readUdfMarket(db: D1Database, name: string): Promise<UdfMarket> {
  const [found] = (await readUdfMarkets(db, [name])).markets;
  if (found === undefined || found instanceof NotFoundError) {
    throw found ?? unknownSymbol(name);
  }
  return found;
}

/** What several names mean, in their order, and what the one look at the database cost. */
export interface UdfMarketsFound {
  /** A name that means nothing has the error that says so. */
  readonly markets: readonly (UdfMarket | NotFoundError)[];
  readonly cost: ServeCost;
}

/**
 * The markets that a chart calls `names`, each as `readUdfMarket` has it. Throws
 * StorageUnavailableError or StorageRejectedError.
 */
export async function readUdfMarkets(
  db: D1Database,
  names: readonly string[],
): Promise<UdfMarketsFound> {
  const meant = names.map(readMarketName);
  const possible = new Map(
    meant
      .flatMap((one) => (one === undefined ? [] : marketsOf(one)))
      .map((market) => [`${market.source}:${market.symbol}`, market]),
  );
  const { rows, ...cost } = await readNamedMarkets(db, [...possible.values()]);
  const markets = names.map((name, index) => {
    const one = meant[index];
    return one === undefined ? unknownSymbol(name) : findUdfMarket(name, one, rows);
  });
  return { markets, cost: costOfQuery(cost) };
}

/** The markets that may be meant; others of the same compact form decide about the ticker. */
function marketsOf({ sources, symbols, likely }: MarketNames): MarketName[] {
  const possible = new Set([...symbols, likely].flatMap((one) => one ?? []));
  const alike = new Set([...possible].flatMap((symbol) => splitsOf(compactOf(symbol))));
  return sources.flatMap((source) => [...alike].map((symbol) => ({ source, symbol })));
}

function findUdfMarket(
  name: string,
  meant: MarketNames,
  rows: readonly NamedRow[],
): UdfMarket | NotFoundError {
  const alike = new Set(marketsOf(meant).map(({ symbol }) => symbol));
  for (const source of meant.sources) {
    // Another name of the same request may have found others.
    const found = rows.filter((row) => row.source === source && alike.has(row.symbol));
    const known = [...new Set(found.map(({ symbol }) => symbol))];
    const exact = meant.symbols.filter((symbol) => known.includes(symbol));
    if (exact.length > 1) {
      const tickers = exact.map((symbol) => tickerOf({ source, symbol }, known));
      return new NotFoundError(`unknown_symbol: ${name} may be ${tickers.join(" or ")}`);
    }
    const symbol = exact[0] ?? known.find((one) => one === meant.likely);
    if (symbol !== undefined) {
      return marketOf({ source, symbol }, known, found);
    }
  }
  return unknownSymbol(name);
}

function marketOf(
  market: MarketName,
  known: readonly string[],
  rows: readonly NamedRow[],
): UdfMarket {
  const own = rows.filter(({ symbol }) => symbol === market.symbol);
  const enabled = new Set(own.flatMap((row) => (row.enabled === 1 ? [row.timeframe] : [])));
  const held = new Set(own.map(({ timeframe }) => timeframe));
  return {
    ...market,
    ticker: tickerOf(market, known),
    timeframes: TIMEFRAMES.filter((timeframe) => held.has(timeframe)),
    collected: TIMEFRAMES.filter((timeframe) => enabled.has(timeframe)),
    validUntil: own[0]?.valid_until ?? null,
  };
}

function unknownSymbol(name: string): NotFoundError {
  return new NotFoundError(
    `unknown_symbol: nothing here is called ${JSON.stringify(name.slice(0, 64))}; /udf/search finds what is`,
  );
}
