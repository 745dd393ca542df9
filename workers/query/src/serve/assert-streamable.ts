import { WINDOW_FILES_MAX } from "@candlehouse/shared/core/cold-plan";
import { PayloadTooLargeError } from "@candlehouse/shared/core/errors";
import { countCandles, type Timeframe } from "@candlehouse/shared/core/timeframe";
import type { RangeBounds } from "@candlehouse/shared/d1/read-candles";
import { DETOURS_MAX, QUERIES_MAX, QUERIES_RESERVED } from "./meter.ts";
import { BATCH_CANDLES } from "./read-best.ts";
import { HOT_ROWS_MAX } from "./read-stored.ts";
import type { SeriesPlan, StoredBase } from "./serve-plan.ts";

/** A piece of a range takes two queries: hot candles, and files. Revisions take one more. */
const QUERIES_A_PIECE = 2;

/** What candles before and after a range take, where they go into it. */
const QUERIES_AROUND = 20;

/**
 * Throws PayloadTooLargeError where to read a range of all of `plans`, in which their bases hold
 * `bounds` (one for each base of each plan), takes more queries than one answer may make: before the first byte of it is sent.
 */
export function assertStreamable(
  plans: readonly SeriesPlan[],
  bounds: readonly RangeBounds[],
  readsAround: boolean,
): void {
  let queries = QUERIES_RESERVED;
  let read = 0;
  for (const { series, bases, revisedUntilMs } of plans) {
    const there = bounds.slice(read, read + bases.length);
    read += bases.length;
    const aPiece = QUERIES_A_PIECE + (revisedUntilMs === undefined ? 0 : 1);
    const pieces = bases.reduce((sum, base, place) => sum + piecesMost(base, there[place]), 0);
    const looks = looksMost(bases.length - 1, countBetween(there, series.timeframe));
    queries += bases.length + (pieces + looks) * aPiece + (readsAround ? QUERIES_AROUND : 0);
  }
  const couldDetour = plans.some(({ bases }) => bases.length > 1);
  queries += couldDetour ? DETOURS_MAX * (QUERIES_A_PIECE + 1) : 0;
  if (queries > QUERIES_MAX) {
    throw new PayloadTooLargeError(
      `this takes up to ${queries} queries of the database, while one answer may make ${QUERIES_MAX}: ask for fewer series or for a shorter range at once, or give a limit and follow the cursors`,
    );
  }
}

function piecesMost({ timeframe }: StoredBase, there: RangeBounds | undefined): number {
  if (there === undefined) {
    return 1;
  }
  const { oldestHot, newestHot, files } = there;
  const hot =
    oldestHot === null || newestHot === null
      ? 0
      : countCandles(oldestHot, newestHot + 1, timeframe);
  return 1 + Math.ceil(hot / HOT_ROWS_MAX) + Math.ceil(files / WINDOW_FILES_MAX);
}

/**
 * How often what is lacking in a batch of candles is looked for in `finer` timeframes, one after
 * the other, where a range holds `candles` of the answer.
 */
function looksMost(finer: number, candles: number): number {
  const batches = 1 + Math.ceil(candles / BATCH_CANDLES);
  return (batches * finer * (finer + 1)) / 2;
}

/** How many candles of `timeframe` there are at most between the ends of `bounds`. */
function countBetween(bounds: readonly RangeBounds[], timeframe: Timeframe): number {
  const times = bounds.flatMap(({ oldestHot, newestHot, firstCold, lastCold }) =>
    [oldestHot, newestHot, firstCold, lastCold].filter((time) => time !== null),
  );
  return times.length === 0
    ? 0
    : countCandles(Math.min(...times), Math.max(...times) + 1, timeframe);
}
