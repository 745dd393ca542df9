import { InvalidInputError, NotFoundError } from "@candlehouse/shared/core/errors";
import { servedTimeframes } from "@candlehouse/shared/core/resolution";
import { sumCosts } from "../server-timing.ts";
import type { History } from "./bars.ts";
import { readHistories, type ReadCost } from "./read-bars.ts";
import { readUdfMarkets, type UdfMarket } from "./read-udf-market.ts";
import { describeMarket } from "./symbol-info.ts";
import { exchangeOf } from "./ticker.ts";

/** Symbols that one request may ask for. */
export const QUOTES_MAX = 20;

/** Digits of a difference that are told: beyond them a double is noise. */
const DIFFERENCE_DIGITS = 12;

/** The running day of a market, or that nothing is known of it; `n` is the name as it was asked for. */
export type Quote =
  | { readonly s: "ok"; readonly n: string; readonly v: QuoteValues }
  | { readonly s: "error"; readonly n: string; readonly v: Readonly<Record<string, never>> };

interface QuoteValues {
  /** Change since the day before, and the same in percent; not there where that is not known. */
  readonly ch?: number;
  readonly chp?: number;
  readonly short_name: string;
  readonly exchange: string;
  readonly description: string;
  /** The newest price. */
  readonly lp: number;
  readonly open_price: number;
  readonly high_price: number;
  readonly low_price: number;
  readonly prev_close_price?: number;
  readonly volume?: number;
}

/** The names in `symbols`, which are apart by commas. Throws InvalidInputError where they are none, or too many. */
export function quotedNames(symbols: string): string[] {
  const names = symbols.split(",").filter((name) => name !== "");
  if (names.length === 0 || names.length > QUOTES_MAX) {
    throw new InvalidInputError("symbols", symbols, `1 to ${QUOTES_MAX} tickers, apart by commas`);
  }
  return names;
}

/** Quotes, and what it took to find them. */
export interface QuotesFound extends ReadCost {
  readonly quotes: readonly Quote[];
}

/**
 * The quote of each of `names`, in their order, by the bars of the running day in UTC and of the day
 * before. A name that means nothing is an error of its own. Throws as `servePages` does.
 */
export async function readQuotes(
  env: Pick<Env, "DB" | "BUCKET" | "PRODUCER">,
  names: readonly string[],
  nowSeconds: number,
): Promise<QuotesFound> {
  const found = await readUdfMarkets(env.DB, names);
  const days = found.markets.flatMap((market) =>
    market instanceof NotFoundError || !servedTimeframes(market.timeframes).includes("1d")
      ? []
      : [market],
  );
  // Two names may mean one market.
  const markets = [...new Map(days.map((market) => [market.ticker, market])).values()];
  const query = { timeframe: "1d", from: undefined, to: nowSeconds + 1, countback: 2 } as const;
  const { histories, cost, plan } =
    markets.length === 0
      ? { histories: [], cost: sumCosts([]), plan: "" }
      : await readHistories(env, markets, query, nowSeconds);
  const historyOf = new Map(markets.map(({ ticker }, index) => [ticker, histories[index]]));
  const quotes = names.map((name, index): Quote => {
    const market = found.markets[index];
    const history =
      market instanceof NotFoundError ? undefined : historyOf.get(market?.ticker ?? "");
    return market === undefined || market instanceof NotFoundError || history === undefined
      ? { s: "error", n: name, v: {} }
      : quoteOf(name, market, history);
  });
  return { quotes, cost: sumCosts([found.cost, cost]), plan };
}

function quoteOf(name: string, market: UdfMarket, history: History): Quote {
  const bars = history.s === "ok" ? history : undefined;
  const [lp, open, high, low] = [bars?.c, bars?.o, bars?.h, bars?.l].map((one) => one?.at(-1));
  if (lp === undefined || open === undefined || high === undefined || low === undefined) {
    return { s: "error", n: name, v: {} };
  }
  const exchange = exchangeOf(market.source);
  const volume = bars?.v?.at(-1);
  return {
    s: "ok",
    n: name,
    v: {
      ...changeOf(lp, bars?.c.at(-2)),
      short_name: market.ticker.slice(exchange.length + 1),
      exchange,
      description: describeMarket(market),
      lp,
      open_price: open,
      high_price: high,
      low_price: low,
      ...(volume === undefined ? {} : { volume }),
    },
  };
}

function changeOf(price: number, before: number | undefined) {
  if (before === undefined) {
    return {};
  }
  const change = price - before;
  return {
    ch: Number(change.toPrecision(DIFFERENCE_DIGITS)),
    chp: Number(((change / before) * 100).toPrecision(6)),
    prev_close_price: before,
  };
}
