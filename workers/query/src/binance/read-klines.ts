import { servedTimeframes } from "@candlehouse/shared/core/resolution";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import { reachesPresent, withOpen } from "../open-candle-merge.ts";
import { readCollectedOf } from "../open-candle-series.ts";
import { readOpenCandles } from "../open-candle.ts";
import { planOf } from "../server-timing.ts";
import { servePages } from "../serve/serve-candles.ts";
import { PLAIN, type SeriesWanted, type ServeCost, type ServedPage } from "../serve/serve-query.ts";
import { sumCosts } from "../server-timing.ts";
import { BINANCE_CODES, BinanceError } from "./binance-error.ts";
import type { DoorMarket } from "./door-markets.ts";
import type { KlinesQuery } from "./klines-query.ts";

/** Candles for a klines answer. */
export interface Klines {
  /** Oldest first. */
  readonly candles: readonly ServedCandle[];
  /** Whether the present is among what was asked for, so that the next second may change it. */
  readonly present: boolean;
  /** Whether nothing that is stored later can change the answer. */
  readonly settled: boolean;
  /** Whether only a coarser series that is stored later can change it. */
  readonly steady: boolean;
  readonly cost: ServeCost;
  /** By which they were found, for the Server-Timing header. */
  readonly plan: string;
}

/**
 * The candles of `market` that `query` asks for, the open one among them: stored in the timeframe,
 * or made of finer ones. Throws BinanceError where they cannot be made, and as `servePages` does.
 */
export async function readKlines(
  env: Env,
  market: DoorMarket,
  query: KlinesQuery,
  nowSeconds: number,
): Promise<Klines> {
  const { timeframe, start, end, limit } = query;
  assertServed(market, query);
  // Not contradictory here: a client that pages walks past its own end.
  if (start !== undefined && end !== undefined && start >= end) {
    const nothing = { candles: [], present: false, settled: false, steady: false };
    return { ...nothing, cost: sumCosts([]), plan: "empty range" };
  }
  const { source, symbol } = market;
  const wanted: SeriesWanted = { source, symbol, timeframe, finest: undefined };
  const collected = reachesPresent(timeframe, end, nowSeconds)
    ? await readCollectedOf(env.DB, [wanted])
    : undefined;
  const serveQuery = { ...PLAIN, wanted: [wanted], start, end, limit };
  const { pages, settled, steady, cost } = await servePages(env, serveQuery, nowSeconds);
  const [page] = pages;
  const stored = page?.candles ?? [];
  const plan = planOf(pages, serveQuery, cost);
  if (collected === undefined || !isPresent(page, query, nowSeconds)) {
    return { candles: stored, present: false, settled, steady, cost, plan };
  }
  const newest = await readOpenCandles(env, [wanted], collected, nowSeconds);
  const range = { start, end, limit, timeframe };
  const candles = withOpen(stored, newest.open[0], range).filter(
    ({ timestamp }) => timestamp >= (start ?? 0),
  );
  return {
    candles: start === undefined ? candles.slice(-limit) : candles.slice(0, limit),
    present: true,
    settled: false,
    steady: false,
    plan,
    cost: sumCosts([cost, newest.cost]),
  };
}

function assertServed({ name, timeframes }: DoorMarket, { timeframe }: KlinesQuery): void {
  const served = servedTimeframes(timeframes);
  if (!served.includes(timeframe)) {
    throw new BinanceError(
      BINANCE_CODES.invalidInterval,
      `Invalid interval. Of ${name} there are here ${served.join(", ")}.`,
    );
  }
}

/** Whether the newest candles belong to an answer that reaches the present, stored or not. */
function isPresent(
  page: ServedPage | undefined,
  { start, limit }: KlinesQuery,
  nowSeconds: number,
): boolean {
  const candles = page?.candles ?? [];
  // A page that is full of closed candles has no place for another. The running one gives way.
  const isFull = start !== undefined && candles.length >= limit && candles.at(-1)?.closed !== false;
  const isBegun = start === undefined || start <= nowSeconds;
  return isBegun && !isFull && page?.more !== true;
}
