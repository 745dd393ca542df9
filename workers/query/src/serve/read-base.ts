import { alignedRange, clipRange } from "@candlehouse/shared/core/base-plan";
import type { TimeRange } from "@candlehouse/shared/core/cold-plan";
import { startRollUp } from "@candlehouse/shared/core/rollup-columns";
import { nests, type RolledCandle } from "@candlehouse/shared/core/rollup";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import { timeframeSeconds, type Timeframe } from "@candlehouse/shared/core/timeframe";
import type { MeteredStores } from "./meter.ts";
import { readStored, type StoredPart } from "./read-stored.ts";
import { isClosed, type SeriesPlan, type StoredBase } from "./serve-plan.ts";

/**
 * The candles of `plan` that open in `range`, made of `base` alone, oldest first, as they come.
 * `wanted` tells how many are still wanted. Throws as `readStored` does.
 */
export async function* readBase(
  stores: MeteredStores,
  plan: SeriesPlan,
  base: StoredBase,
  range: TimeRange,
  wanted: () => number,
): AsyncGenerator<readonly ServedCandle[], void> {
  const { source, symbol, timeframe } = plan.series;
  const perCandle = storedPerCandle(base.timeframe, timeframe);
  const parts = readStored(stores, {
    series: { source, symbol, timeframe: base.timeframe },
    range: storedRange(plan, base, range),
    revisedUntilMs: plan.revisedUntilMs,
    wanted: () => wanted() * perCandle,
  });
  yield* base.timeframe === timeframe ? rowsOf(parts) : rollUpParts(parts, plan, base.timeframe);
}

/**
 * Stored candles of `base` that make up those of `range`: those that are held of whole candles, by
 * their open times.
 */
export function storedRange({ series }: SeriesPlan, base: StoredBase, range: TimeRange): TimeRange {
  const isOwn = base.timeframe === series.timeframe;
  return clipRange(isOwn ? range : alignedRange(range, series.timeframe), base.held);
}

/** How many candles of `from` make up one of `to`, at most. */
function storedPerCandle(from: Timeframe, to: Timeframe): number {
  return nests(from, to) ? Math.round(timeframeSeconds(to) / timeframeSeconds(from)) : 1;
}

async function* rowsOf(
  parts: AsyncGenerator<StoredPart, void>,
): AsyncGenerator<readonly ServedCandle[], void> {
  for await (const part of parts) {
    yield part.candles();
  }
}

async function* rollUpParts(
  parts: AsyncGenerator<StoredPart, void>,
  plan: SeriesPlan,
  from: Timeframe,
): AsyncGenerator<readonly ServedCandle[], void> {
  const rolling = startRollUp(from, plan.series.timeframe);
  const served = (candle: RolledCandle): ServedCandle => ({
    ...candle,
    // A row off the grid is counted as one of it: there may be more of them than places.
    missing: Math.max(0, candle.missing),
    from,
    closed: isClosed(candle, plan),
  });
  for await (const part of parts) {
    rolling.add(part.columns());
    yield rolling.takeFinished().map(served);
  }
  yield rolling.candles.map(served);
}
