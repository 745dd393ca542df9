import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import { reachesPresent, withOpen } from "../open-candle-merge.ts";
import { readCollectedOf } from "../open-candle-series.ts";
import { readOpenCandles } from "../open-candle.ts";
import type { MarketName } from "../read-named-markets.ts";
import { planOf } from "../server-timing.ts";
import { servePages } from "../serve/serve-candles.ts";
import { PLAIN, type ServeCost } from "../serve/serve-query.ts";
import { sumCosts } from "../server-timing.ts";
import { barsWanted, historyOf, type BarsQuery, type History } from "./bars.ts";

/** What reading took, for the Server-Timing header. */
export interface ReadCost {
  readonly cost: ServeCost;
  readonly plan: string;
}

/** Bars of a market. */
export interface BarsFound {
  /** Ascending. */
  readonly candles: readonly ServedCandle[];
  /** The stored timeframes that they are made of. */
  readonly bases: readonly Timeframe[];
}

/** Bars of several markets, in their order. */
export interface AllBarsFound extends ReadCost {
  readonly bars: readonly BarsFound[];
}

/**
 * The newest `limit` stored or rolled-up candles of each of `markets` (up to QUERY_SERIES_MAX, none
 * twice) before `to`. Throws as `servePages` does.
 */
export async function readNewestBars(
  env: Pick<Env, "DB" | "BUCKET">,
  markets: readonly MarketName[],
  { timeframe, to, limit }: { timeframe: Timeframe; to: number; limit: number },
  nowSeconds: number,
): Promise<AllBarsFound> {
  const query = { ...PLAIN, wanted: wantedOf(markets, timeframe), end: to, limit };
  const { pages, cost } = await servePages(env, query, nowSeconds);
  return {
    bars: pages.map(({ candles, from }) => ({ candles, bases: from })),
    cost,
    plan: planOf(pages, query, cost),
  };
}

/** What a chart is told of each market, in their order. */
export interface HistoriesFound extends ReadCost {
  readonly histories: readonly History[];
  /** Whether they hold, or may hold, a candle that is still open. */
  readonly present: boolean;
}

/**
 * The bars of each of `markets` (up to QUERY_SERIES_MAX, none twice) that `query` asks for, the
 * candle that is open now among them. Throws as `servePages` does.
 */
export async function readHistories(
  env: Pick<Env, "DB" | "BUCKET" | "PRODUCER">,
  markets: readonly MarketName[],
  query: BarsQuery,
  nowSeconds: number,
): Promise<HistoriesFound> {
  const { timeframe, from: start, to } = query;
  const present = reachesPresent(timeframe, to, nowSeconds);
  const limit = barsWanted(query);
  const wanted = wantedOf(markets, timeframe);
  const collected = present ? await readCollectedOf(env.DB, wanted) : undefined;
  const [stored, newest] = await Promise.all([
    readNewestBars(env, markets, { timeframe, to, limit }, nowSeconds),
    collected === undefined ? undefined : readOpenCandles(env, wanted, collected, nowSeconds),
  ]);
  const histories = stored.bars.map(({ candles }, index) => {
    const range = { start, end: to, limit, timeframe };
    const open = newest?.open[index];
    return historyOf(query, withOpen(candles, open, range));
  });
  const cost = sumCosts([stored.cost, ...(newest === undefined ? [] : [newest.cost])]);
  return { histories, present, cost, plan: stored.plan };
}

function wantedOf(markets: readonly MarketName[], timeframe: Timeframe) {
  return markets.map(({ source, symbol }) => ({ source, symbol, timeframe, finest: undefined }));
}
