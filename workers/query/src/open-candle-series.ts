import { baseTimeframes } from "@candlehouse/shared/core/base-plan";
import type { Series } from "@candlehouse/shared/core/series";
import { closeTimeOf } from "@candlehouse/shared/core/timeframe";
import { askAll } from "@candlehouse/shared/d1/ask-databases";
import { read } from "@candlehouse/shared/d1/read-series";
import type { SeriesWanted, ServeCost } from "./serve/serve-query.ts";
import { costOfQuery } from "./server-timing.ts";

/** A series that is collected, and how far it is. */
export interface CollectedSeries extends Series {
  /** Open time of its newest candle in the database, unix seconds; null where there is none. */
  readonly newest: number | null;
  /** Exclusive: up to here its source has answered that it has nothing more; unix seconds. */
  readonly asked_until: number | null;
}

/** Before this time, unix seconds, what its source has of `series` is stored; 0 where nothing is. */
export function storedUntilOf({ newest, asked_until, timeframe }: CollectedSeries): number {
  return Math.max(newest === null ? 0 : closeTimeOf(newest, timeframe), asked_until ?? 0);
}

/** What is collected for several candles that are asked for. */
export interface CollectedFound {
  /** One list for each, in their order, the coarsest first. */
  readonly lists: readonly (readonly CollectedSeries[])[];
  readonly cost: ServeCost;
}

/** CROSS JOIN: the rows of each market by the key, and one seek for the newest candle of each. */
const SELECT_COLLECTED = `
SELECT s.source, s.symbol, s.timeframe, s.asked_until,
  (SELECT MAX(timestamp) FROM price_data
    WHERE source = s.source AND symbol = s.symbol AND timeframe = s.timeframe) AS newest
FROM json_each(?1) AS wanted CROSS JOIN series AS s
WHERE s.source = wanted.value ->> 0 AND s.symbol = wanted.value ->> 1 AND s.enabled = 1`;

/**
 * For each of `wanted`, the collected series that its candles are, or can be made of, the coarsest
 * first; none is finer than it says. Throws StorageUnavailableError or StorageRejectedError.
 */
export async function readCollectedOf(
  db: D1Database,
  wanted: readonly SeriesWanted[],
): Promise<CollectedFound> {
  const markets = new Map(
    wanted.map(({ source, symbol }) => [`${source}:${symbol}`, [source, symbol]]),
  );
  const named = JSON.stringify([...markets.values()]);
  const { rows, ...cost } = await askAll(db, (one) =>
    read<CollectedSeries>(one, SELECT_COLLECTED, [named]),
  );
  const lists = wanted.map(({ source, symbol, timeframe, finest }) =>
    baseTimeframes(timeframe, finest).flatMap((base) =>
      rows.filter(
        (row) => row.source === source && row.symbol === symbol && row.timeframe === base,
      ),
    ),
  );
  return { lists, cost: costOfQuery(cost) };
}
