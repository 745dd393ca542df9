import type { Candle } from "@candlehouse/shared/core/candle";
import { fractionDigits } from "@candlehouse/shared/core/price-digits";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import { QUERY_SERIES_MAX } from "@candlehouse/shared/core/query-plan";
import { timeframeSeconds, TIMEFRAMES, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { groupByOwner } from "@candlehouse/shared/d1/databases";
import type { MarketRow } from "@candlehouse/shared/d1/list-markets";
import { read } from "@candlehouse/shared/d1/read-series";
import type { Stores } from "./read-pages.ts";
import { servePages } from "./serve/serve-candles.ts";
import { PLAIN } from "./serve/serve-query.ts";

/** Digits after the point that a market's numbers have. */
export interface MarketDigits {
  readonly price: number;
  readonly volume: number;
}

/** Newest candles whose digits are looked at. */
const CANDLES = 50;

/** Markets whose hot candles are read at once: some 10,000 rows. */
const MARKETS_AT_ONCE = 200;

/** The newest hot candles of each series, by the key: a seek for the newest one, then a range. */
const SELECT_NEWEST = `
SELECT wanted.value ->> 0 AS "index", p.open, p.high, p.low, p.close, p.volume_from
FROM json_each(?1) AS wanted CROSS JOIN price_data AS p
WHERE p.source = wanted.value ->> 1 AND p.symbol = wanted.value ->> 2
  AND p.timeframe = wanted.value ->> 3
  AND p.timestamp > (
    SELECT MAX(timestamp) FROM price_data AS newest
    WHERE newest.source = wanted.value ->> 1 AND newest.symbol = wanted.value ->> 2
      AND newest.timeframe = wanted.value ->> 3
  ) - wanted.value ->> 4`;

type Numbers = Pick<ServedCandle, "open" | "high" | "low" | "close" | "volume_from">;

/**
 * The digits of each of `markets`, in their order, as the newest candles of its finest timeframe
 * show them: hot ones, or those at the end of the archive. What no candle shows is that of
 * `defaults`. Throws as `servePages` does.
 */
export async function readDigits(
  stores: Stores,
  markets: readonly MarketRow[],
  defaults: MarketDigits,
  nowSeconds: number,
): Promise<MarketDigits[]> {
  const found = await readHot(stores.DB, markets);
  const cold = [...markets.keys()].filter((index) => !found.has(index));
  for (let from = 0; from < cold.length; from += QUERY_SERIES_MAX) {
    const some = cold.slice(from, from + QUERY_SERIES_MAX);
    const wanted = some.flatMap((index) => {
      const market = markets[index];
      const timeframe = market === undefined ? undefined : finestOf(market);
      return market === undefined || timeframe === undefined
        ? []
        : [{ source: market.source, symbol: market.symbol, timeframe, finest: timeframe }];
    });
    const { pages } = await servePages(stores, { ...PLAIN, wanted, limit: CANDLES }, nowSeconds);
    some.forEach((index, place) => found.set(index, [...(pages[place]?.candles ?? [])]));
  }
  return markets.map((_, index) => digitsOf(found.get(index) ?? [], defaults));
}

async function readHot(
  db: D1Database,
  markets: readonly MarketRow[],
): Promise<Map<number, Numbers[]>> {
  const wanted = markets.flatMap((market, index) => {
    const timeframe = finestOf(market);
    return timeframe === undefined
      ? []
      : [{ index, source: market.source, symbol: market.symbol, timeframe }];
  });
  const found: (Numbers & { index: number })[] = [];
  for (let from = 0; from < wanted.length; from += MARKETS_AT_ONCE) {
    const some = wanted.slice(from, from + MARKETS_AT_ONCE);
    for (const { db: owner, items } of groupByOwner(db, some, (one) => one)) {
      const json = JSON.stringify(
        items.map(({ index, source, symbol, timeframe }) => [
          index,
          source,
          symbol,
          timeframe,
          CANDLES * timeframeSeconds(timeframe),
        ]),
      );
      const { rows } = await read<Candle & { index: number }>(owner, SELECT_NEWEST, [json]);
      found.push(...rows);
    }
  }
  return Map.groupBy(found, ({ index }) => index);
}

function finestOf({ timeframes }: MarketRow): Timeframe | undefined {
  return TIMEFRAMES.find((timeframe) => timeframes.includes(timeframe));
}

function digitsOf(candles: readonly Numbers[], defaults: MarketDigits): MarketDigits {
  const prices = candles.flatMap(({ open, high, low, close }) => [open, high, low, close]);
  const volumes = candles.map(({ volume_from }) => volume_from);
  return {
    price: fractionDigits(prices) ?? defaults.price,
    volume: fractionDigits(volumes) ?? defaults.volume,
  };
}
