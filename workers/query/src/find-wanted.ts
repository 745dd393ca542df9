import { baseTimeframes } from "@candlehouse/shared/core/base-plan";
import { nests } from "@candlehouse/shared/core/rollup";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { TIMEFRAMES, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { findUnknownSeries } from "@candlehouse/shared/d1/read-series";
import { assertKnownSeries } from "./find-series.ts";
import type { SeriesWanted } from "./serve/serve-query.ts";

/** The timeframes whose candles those of `finest` make up, `finest` itself among them. */
export function intervalsOf(finest: Timeframe): Timeframe[] {
  return TIMEFRAMES.filter((timeframe) => timeframe === finest || nests(finest, timeframe));
}

/**
 * Passes where, for each of `wanted`, a series that its candles may be made of is collected or has
 * a candle. Throws NotFoundError that names the first of which there is none, and the nearest
 * series that there are.
 */
export async function assertKnownWanted(
  db: D1Database,
  wanted: readonly SeriesWanted[],
): Promise<void> {
  if (wanted.length === 0) {
    return;
  }
  const unknown = new Set(
    (await findUnknownSeries(db, wanted.flatMap(storedSeriesOf))).map(formatSeries),
  );
  const missing = wanted.filter((one) =>
    storedSeriesOf(one).every((series) => unknown.has(formatSeries(series))),
  );
  await assertKnownSeries(
    db,
    missing.map(({ source, symbol, timeframe, finest }) => ({
      source,
      symbol,
      timeframe: finest ?? timeframe,
    })),
  );
}

/** The stored series that the candles of `wanted` may be made of. */
function storedSeriesOf({ source, symbol, timeframe, finest }: SeriesWanted): Series[] {
  return baseTimeframes(timeframe, finest).map((from) => ({ source, symbol, timeframe: from }));
}
