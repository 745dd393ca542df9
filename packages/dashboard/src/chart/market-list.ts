import { TIMEFRAMES, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { nests } from "@candlehouse/shared/core/rollup";
import { parseSeries } from "@candlehouse/shared/core/series";
import type { ChartState } from "./chart-place.ts";

/** A market of a source, with what is stored of it. */
export interface Market {
  /** `binance:BTC-USDT` */
  readonly name: string;
  readonly source: string;
  readonly symbol: string;
  /** Ascending. */
  readonly stored: readonly Timeframe[];
  /** Those that new candles are collected of. */
  readonly collected: readonly Timeframe[];
}

/** What of a series is needed to list its market. */
export interface ListedSeries {
  readonly source: string;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly enabled: boolean;
}

/** What of an address says whose candles are shown. */
export type SeriesChoice = Pick<ChartState, "series" | "interval">;

/** Timeframe of a chart where none is chosen. */
const FIRST_TIMEFRAME: Timeframe = "1h";

/** Quotes that are a dollar to most readers. */
const DOLLARS = /USD[CT]$/;

/** What is shown where nothing is chosen, if it is there. */
const FIRST_BASE = /^BTC-USD/;

/** The markets of `series`, in their order. */
export function marketsOf(series: readonly ListedSeries[]): readonly Market[] {
  const markets = Map.groupBy(series, ({ source, symbol }) => `${source}:${symbol}`);
  return [...markets].flatMap(([name, ofMarket]) => {
    const [first] = ofMarket;
    if (first === undefined) {
      return [];
    }
    const has = (timeframe: Timeframe, isWanted: (one: ListedSeries) => boolean) =>
      ofMarket.some((one) => one.timeframe === timeframe && isWanted(one));
    return {
      name,
      source: first.source,
      symbol: first.symbol,
      stored: TIMEFRAMES.filter((one) => has(one, () => true)),
      collected: TIMEFRAMES.filter((one) => has(one, ({ enabled }) => enabled)),
    };
  });
}

/** The market that `series` is of; undefined where it is not listed. */
export function marketOf(markets: readonly Market[], series: string): Market | undefined {
  const parts = parseSeries(series);
  return markets.find(({ source, symbol }) => source === parts?.source && symbol === parts.symbol);
}

/** The timeframes that candles of `market` can be had in: stored, or made of what is stored. */
export function timeframesOf({ stored }: Pick<Market, "stored">): readonly Timeframe[] {
  return TIMEFRAMES.filter(
    (timeframe) => stored.includes(timeframe) || stored.some((one) => nests(one, timeframe)),
  );
}

/**
 * How to ask for `timeframe` of `market`: the stored series, or the finest one that makes it up, so
 * that each of its candles can be made of what holds most of it, and moves as soon as it can. Null
 * where it cannot be had.
 */
export function chooseSeries(
  { name, stored }: Pick<Market, "name" | "stored">,
  timeframe: Timeframe,
): SeriesChoice | null {
  if (stored.includes(timeframe)) {
    return { series: `${name}:${timeframe}`, interval: null };
  }
  const part = stored.find((one) => nests(one, timeframe));
  return part === undefined ? null : { series: `${name}:${part}`, interval: timeframe };
}

/** The same of another market: `timeframe`, or what it has that is next to it. */
export function chooseNearest(market: Market, timeframe: Timeframe): Timeframe {
  const offered = timeframesOf(market);
  const place = TIMEFRAMES.indexOf(timeframe);
  const coarser = offered.find((one) => TIMEFRAMES.indexOf(one) >= place);
  return coarser ?? offered.at(-1) ?? timeframe;
}

/** The market and timeframe of a chart where none is chosen; null where there is no market. */
export function chooseFirst(markets: readonly Market[]): SeriesChoice | null {
  const live = markets.filter(({ collected }) => collected.length > 0);
  const market = live.find(({ symbol }) => FIRST_BASE.test(symbol)) ?? live[0] ?? markets[0];
  return market === undefined ? null : chooseSeries(market, chooseNearest(market, FIRST_TIMEFRAME));
}

/** `market` and the same of other sources; where they quote it in another dollar, that. */
export function siblingsOf(markets: readonly Market[], market: Market): readonly Market[] {
  const wanted = inDollars(market.symbol);
  return markets.filter(({ symbol }) => inDollars(symbol) === wanted);
}

function inDollars(symbol: string): string {
  return symbol.replace(DOLLARS, "USD");
}
