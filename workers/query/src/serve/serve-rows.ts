import type { TimeRange } from "@candlehouse/shared/core/cold-plan";
import { placesBack } from "@candlehouse/shared/core/fill";
import { BEGINNING_OF_TIME, END_OF_TIME } from "@candlehouse/shared/core/query-plan";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import { openTimeAtOrAfter } from "@candlehouse/shared/core/timeframe";
import { startRows, type RowMaker, type RowsWanted } from "./make-rows.ts";
import type { MeteredStores } from "./meter.ts";
import { readServed, readServedBefore } from "./read-served.ts";
import type { SeriesPlan } from "./serve-plan.ts";

/** Most candles that are read before those of an answer. */
const WARM_UP_CANDLES_MAX = 50_000;

/** Candles before an answer, oldest first. */
export interface WarmUp {
  readonly candles: readonly ServedCandle[];
  /** Whether they are all that the indicators need: older ones would change nothing. */
  readonly isEnough: boolean;
}

/** How many candles of `plan` before a range go into the indicators of its rows. */
function warmUpOf({ series }: SeriesPlan, { indicators }: RowsWanted): number {
  return Math.max(0, ...indicators.map((one) => one.warmUp(series.timeframe)));
}

/**
 * The rows of `range`, oldest first, as they come. `wanted` tells how many are still wanted, and
 * `onWarmUp` is told at once which candles before the range went into the indicators. Throws as
 * `readServed` does.
 */
export async function* serveRows(
  stores: MeteredStores,
  plan: SeriesPlan,
  make: RowsWanted,
  range: TimeRange,
  wanted: () => number,
  onWarmUp: (before: WarmUp) => void = () => {},
): AsyncGenerator<readonly ServedCandle[], void> {
  const maker = startRows(plan, make, range);
  const warmUp = warmUpOf(plan, make);
  let isWarm = make.fill === "none" && warmUp === 0;
  if (warmUp > 0) {
    const before = await readWarm(stores, plan, make, range.from, warmUp, 0);
    onWarmUp(before);
    maker.warmUp(before.candles);
    isWarm = true;
  }
  // The candle before the range is asked for only if it is the one that its first rows are made of.
  const first = openTimeAtOrAfter(range.from, plan.series.timeframe);
  const warm = async (begins: number): Promise<void> => {
    if (!isWarm && begins > first) {
      maker.warmUp(await readServedBefore(stores, plan, range.from, 1));
    }
    isWarm = true;
  };
  for await (const candles of readServed(stores, plan, range, wanted)) {
    await warm(candles[0]?.timestamp ?? END_OF_TIME);
    yield* maker.add(candles);
  }
  await warm(END_OF_TIME);
  yield* fillEnd(stores, plan, maker, range.to);
}

/** The last `limit` rows before `to`, oldest first. Throws as `readServed` does. */
export async function serveNewestRows(
  stores: MeteredStores,
  plan: SeriesPlan,
  make: RowsWanted,
  to: number,
  limit: number,
): Promise<readonly ServedCandle[]> {
  const { candles } = await readWarm(stores, plan, make, to, warmUpOf(plan, make), limit);
  const last = candles.at(-1);
  // Each place has a row where missing ones are filled: so many rows reach no further back.
  const from =
    make.fill === "none" || last === undefined
      ? BEGINNING_OF_TIME
      : placesBack(last.timestamp, plan.series.timeframe, limit);
  const shown = candles.slice(-limit).filter(({ timestamp }) => timestamp >= from);
  const maker = startRows(plan, make, { from, to });
  maker.warmUp(candles.slice(0, candles.length - shown.length));
  const rows: ServedCandle[] = [];
  const keep = (some: readonly ServedCandle[]) => {
    rows.push(...some);
    rows.splice(0, rows.length - limit);
  };
  for (const some of maker.add(shown)) {
    keep(some);
  }
  for await (const some of fillEnd(stores, plan, maker, to)) {
    keep(some);
  }
  return rows;
}

/**
 * The last `shown` candles before `to` and at least `warmUp` before them, oldest first: as many as
 * the indicators need, but for a quiet time of more than WARM_UP_CANDLES_MAX candles.
 */
async function readWarm(
  stores: MeteredStores,
  plan: SeriesPlan,
  { indicators }: RowsWanted,
  to: number,
  warmUp: number,
  shown: number,
): Promise<WarmUp> {
  const changes = Math.max(0, ...indicators.map((one) => one.warmUpChanges));
  for (let length = warmUp; ; length = Math.min(2 * length, WARM_UP_CANDLES_MAX)) {
    const candles = await readServedBefore(stores, plan, to, shown + length);
    const isAll = candles.length < shown + length;
    const isEnough =
      length >= WARM_UP_CANDLES_MAX ||
      countChanges(candles.slice(0, candles.length - shown)) >= changes;
    if (isAll || isEnough) {
      return { candles, isEnough: isEnough && !isAll };
    }
  }
}

function countChanges(candles: readonly ServedCandle[]): number {
  return candles.reduce(
    (sum, { close }, index) => (close === candles[index - 1]?.close ? sum : sum + 1),
    0,
  );
}

/** What is missing between the last candle before `to` and the first one after it. */
async function* fillEnd(
  stores: MeteredStores,
  plan: SeriesPlan,
  maker: RowMaker,
  to: number,
): AsyncGenerator<readonly ServedCandle[], void> {
  if (!maker.needsNext) {
    return;
  }
  for await (const [next] of readServed(stores, plan, { from: to, to: END_OF_TIME }, () => 1)) {
    if (next !== undefined) {
      yield* maker.end(next);
      return;
    }
  }
}
