import {
  alignedUp,
  clipStretches,
  holdsMore,
  hullOf,
  stretchesLacking,
} from "@candlehouse/shared/core/base-plan";
import type { TimeRange } from "@candlehouse/shared/core/cold-plan";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import { closeTimeOf, openTimeOf, type Timeframe } from "@candlehouse/shared/core/timeframe";
import type { MeteredStores } from "./meter.ts";
import { readBase } from "./read-base.ts";
import type { SeriesPlan, StoredBase } from "./serve-plan.ts";

/** Most stretches that are looked for in a finer timeframe one by one; more are read as one. */
const STRETCHES_MAX = 8;

/** So many candles of a coarser timeframe are gathered before finer ones are asked for the rest. */
export const BATCH_CANDLES = 20_000;

type Parts = AsyncGenerator<readonly ServedCandle[], void>;

/**
 * The candles of `plan` that open in `range`, oldest first, as they come: each made of that one of
 * `bases`, the coarsest first, which holds the greatest part of its interval, and of two that hold
 * as much, of the coarser. What a coarser one holds whole is not looked for in finer ones. Throws as
 * `readBase` does.
 */
export async function* readBest(
  stores: MeteredStores,
  plan: SeriesPlan,
  [base, ...finer]: readonly StoredBase[],
  range: TimeRange,
  wanted: () => number,
): Parts {
  if (base === undefined) {
    return;
  }
  const coarse = readBase(stores, plan, base, range, wanted);
  if (finer.length === 0) {
    yield* coarse;
    return;
  }
  const { timeframe } = plan.series;
  const bounds = hullOf(
    finer.map(({ held }) => held),
    timeframe,
  );
  let from = alignedUp(range.from, timeframe);
  for await (const { candles, to } of inBatches(coarse, timeframe, range.to, wanted)) {
    const lacking = clipStretches(stretchesLacking(candles, { from, to }, timeframe), bounds);
    const [first, ...others] = lacking;
    const isFew =
      others.length < STRETCHES_MAX && stores.meter.takeDetours(others.length * finer.length);
    const stretches = first === undefined || isFew ? lacking : [hullOf(lacking, timeframe)];
    yield* improve(candles, stretches, timeframe, (stretch) =>
      readBest(stores, plan, finer, stretch, wanted),
    );
    from = to;
  }
}

/** Candles that were gathered: all there are before `to`, after those of the batch before. */
interface Batch {
  readonly candles: readonly ServedCandle[];
  readonly to: number;
}

async function* inBatches(
  parts: Parts,
  timeframe: Timeframe,
  to: number,
  wanted: () => number,
): AsyncGenerator<Batch, void> {
  let candles: ServedCandle[] = [];
  for await (const part of parts) {
    for (const candle of part) {
      candles.push(candle);
    }
    const last = candles.at(-1);
    if (last !== undefined && candles.length >= Math.min(wanted(), BATCH_CANDLES)) {
      const end = closeTimeOf(openTimeOf(last.timestamp, timeframe), timeframe);
      yield { candles, to: Math.min(to, end) };
      candles = [];
    }
  }
  yield { candles, to };
}

/** `candles`, and in `stretches` what `read` has there, where it is better. */
async function* improve(
  candles: readonly ServedCandle[],
  stretches: readonly TimeRange[],
  timeframe: Timeframe,
  read: (stretch: TimeRange) => Parts,
): Parts {
  let next = 0;
  const takeBefore = (time: number): readonly ServedCandle[] => {
    const start = next;
    for (;;) {
      const candle = candles[next];
      if (candle === undefined || openTimeOf(candle.timestamp, timeframe) >= time) {
        return candles.slice(start, next);
      }
      next += 1;
    }
  };
  for (const stretch of stretches) {
    yield takeBefore(stretch.from);
    for await (const part of read(stretch)) {
      yield part.flatMap((finer) => {
        const before = takeBefore(finer.timestamp);
        const [own, ...others] = takeBefore(closeTimeOf(finer.timestamp, timeframe));
        const isBetter = own === undefined || holdsMore(finer, own, timeframe);
        return [...before, ...(isBetter ? [finer] : [own, ...others])];
      });
    }
  }
  yield candles.slice(next);
}
