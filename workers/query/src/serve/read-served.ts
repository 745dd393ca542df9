import { alignedUp } from "@candlehouse/shared/core/base-plan";
import type { TimeRange } from "@candlehouse/shared/core/cold-plan";
import { END_OF_TIME } from "@candlehouse/shared/core/query-plan";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import { addCandles, openTimeOf, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { readExtents } from "@candlehouse/shared/d1/read-extents";
import type { MeteredStores } from "./meter.ts";
import { storedRange } from "./read-base.ts";
import { readBest } from "./read-best.ts";
import { isClosed, type SeriesPlan } from "./serve-plan.ts";

/**
 * The candles of `plan` that open in `range`, oldest first, as they come; rolled up where they are
 * made of finer ones. `wanted` tells how many are still wanted: reading more than these is in vain.
 * Throws as `readStored` does.
 */
export async function* readServed(
  stores: MeteredStores,
  plan: SeriesPlan,
  range: TimeRange,
  wanted: () => number,
): AsyncGenerator<readonly ServedCandle[], void> {
  const { series, bases, dropsOpen } = plan;
  // A row off the grid fills its place, even where the range ends before it.
  const to = bases.length === 1 ? range.to : alignedUp(range.to, series.timeframe);
  for await (const candles of readBest(stores, plan, bases, { from: range.from, to }, wanted)) {
    const kept =
      dropsOpen || to > range.to
        ? candles.filter((one) => one.timestamp < range.to && (!dropsOpen || isClosed(one, plan)))
        : candles;
    if (kept.length > 0) {
      yield kept;
    }
  }
}

/**
 * The last `count` candles of `plan` that open before `to`, oldest first; fewer where there are no
 * more. A stretch is read that holds them if none is missing; while some are, the one before it,
 * twice as long, and where nothing is stored for a time, that time is passed over. Throws as
 * `readServed` does.
 */
export async function readServedBefore(
  stores: MeteredStores,
  plan: SeriesPlan,
  to: number,
  count: number,
): Promise<readonly ServedCandle[]> {
  const { timeframe } = plan.series;
  const pieces: (readonly ServedCandle[])[] = [];
  let found = 0;
  let looked = 0;
  let end = to;
  while (found < count) {
    const extent = await readExtent(stores, plan, end);
    if (extent === undefined) {
      break;
    }
    const steps = Math.max(count - found, looked);
    const from = stepsBefore(extent.last, timeframe, steps);
    const piece: ServedCandle[] = [];
    for await (const candles of readServed(stores, plan, { from, to: end }, () => Infinity)) {
      piece.push(...candles);
    }
    pieces.unshift(piece);
    found += piece.length;
    looked += steps;
    end = from;
    if (extent.first >= from) {
      break;
    }
  }
  return pieces.flat().slice(-count);
}

/** Open times of the first and the last stored candle of `plan` before `to`, if there are any. */
async function readExtent(
  stores: MeteredStores,
  plan: SeriesPlan,
  to: number,
): Promise<{ readonly first: number; readonly last: number } | undefined> {
  const { source, symbol } = plan.series;
  const wanted = plan.bases.flatMap((base) => {
    const range = storedRange(plan, base, { from: 0, to });
    const series = { source, symbol, timeframe: base.timeframe };
    return range.from < range.to ? [{ series, range, held: base.held }] : [];
  });
  if (wanted.length === 0) {
    return undefined;
  }
  // Where all that is held lies before, its ends are known already.
  if (wanted.every(({ range, held }) => range.to === held.to && held.to < END_OF_TIME)) {
    return {
      first: Math.min(...wanted.map(({ held }) => held.from)),
      last: Math.max(...wanted.map(({ held }) => held.to)) - 1,
    };
  }
  stores.meter.assertQueries(1);
  const { extents, ...cost } = await readExtents(stores.DB, wanted);
  stores.meter.addQueries(1, cost);
  const first = Math.min(...extents.flatMap((one) => one.first ?? []));
  const last = Math.max(...extents.flatMap((one) => one.last ?? []));
  return first <= last ? { first, last } : undefined;
}

/** Open time of the candle that lies `steps` - 1 before the one that `time` is in; 0 at least. */
function stepsBefore(time: number, timeframe: Timeframe, steps: number): number {
  return Math.max(0, addCandles(openTimeOf(time, timeframe), timeframe, 1 - steps));
}
