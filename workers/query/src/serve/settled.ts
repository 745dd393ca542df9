import { isFinal } from "@candlehouse/shared/core/query-plan";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import {
  addCandles,
  isAligned,
  openTimeAtOrAfter,
  type Timeframe,
} from "@candlehouse/shared/core/timeframe";
import type { ServeQuery } from "./serve-query.ts";
import type { WarmUp } from "./serve-rows.ts";

/** What the rows of a page were made of. */
export interface RowsMade {
  readonly candles: readonly ServedCandle[];
  readonly more: boolean;
  /** Candles before the page that went into its indicators; undefined where none do. */
  readonly before: WarmUp | undefined;
}

/**
 * Whether `pages` are right for ever (`settled`), or right now (`steady`), as answers to `query`: its
 * range is over, and every candle of it is there, whole and with its first values, as is every candle
 * before it that the indicators need. For ever only where all of them are stored in the answer's own
 * timeframe, since these win over all that may be stored later; an answer is one or the other.
 */
export function finality(
  query: ServeQuery,
  pages: readonly RowsMade[],
  nowSeconds: number,
): { readonly settled: boolean; readonly steady: boolean } {
  const { wanted, start, revisions, asOf } = query;
  const isComplete =
    start !== undefined &&
    revisions === "first" &&
    asOf === undefined &&
    isFinal({ ...query, series: wanted }, pages, nowSeconds) &&
    wanted.every(({ timeframe }, index) => {
      const page = pages[index];
      return page !== undefined && page.candles.every(isWhole) && isWarm(page, start, timeframe);
    });
  const isForEver = pages.every(({ candles, before }) =>
    [...candles, ...(before?.candles ?? [])].every(isOwn),
  );
  return { settled: isComplete && isForEver, steady: isComplete && !isForEver };
}

/** Whether a candle is stored in the timeframe of the answer. */
function isOwn({ from }: ServedCandle): boolean {
  return from === undefined;
}

function isWhole({ missing, filled }: ServedCandle): boolean {
  return (missing === undefined || missing === 0) && filled !== true;
}

/** Whether the candles before `start` are all that are needed, with none missing among them. */
function isWarm({ before }: RowsMade, start: number, timeframe: Timeframe): boolean {
  if (before === undefined) {
    return true;
  }
  const { candles, isEnough } = before;
  const first = addCandles(openTimeAtOrAfter(start, timeframe), timeframe, -candles.length);
  return (
    isEnough &&
    candles[0]?.timestamp === first &&
    candles.every((candle) => isWhole(candle) && isAligned(candle.timestamp, timeframe))
  );
}
