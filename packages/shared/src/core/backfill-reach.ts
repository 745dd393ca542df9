import type { Run } from "./missing.ts";
import {
  addCandles,
  closeTimeOf,
  countCandles,
  openTimeAtOrAfter,
  type Timeframe,
} from "./timeframe.ts";

const DAY_SECONDS = 86_400;

/**
 * A stretch whose first candle a source does not give any more, while it may give later ones. Times
 * are open times; the end is exclusive.
 */
export interface ReachSearch extends Run {
  /** Whether its last day was asked for already, and came. */
  readonly isWithinReachAtEnd: boolean;
}

/** The search that begins where a source refused the request for `run` as too old. */
export function searchReach(run: Run): ReachSearch {
  return { start: run.start, end: run.end, isWithinReachAtEnd: false };
}

/**
 * What is asked for next: the last day of the stretch, and once that came, its later half. Undefined
 * where no more than a day, or a candle, is left: all of it counts as too old then.
 */
export function probeReach(search: ReachSearch, timeframe: Timeframe): Run | undefined {
  const { start, end, isWithinReachAtEnd } = search;
  const candles = countCandles(start, end, timeframe);
  if (end - start <= DAY_SECONDS || candles < 2) {
    return undefined;
  }
  const from = isWithinReachAtEnd
    ? addCandles(start, timeframe, Math.ceil(candles / 2))
    : Math.max(addCandles(start, timeframe, 1), openTimeAtOrAfter(end - DAY_SECONDS, timeframe));
  return { start: Math.min(from, addCandles(end, timeframe, -1)), end };
}

/** What is known after `probe` came, or was too old as well. */
export function afterProbe(
  search: ReachSearch,
  probe: Run,
  came: boolean,
): { readonly tooOld: Run | null; readonly search: ReachSearch } {
  return came
    ? {
        tooOld: null,
        search: { start: search.start, end: probe.start, isWithinReachAtEnd: true },
      }
    : {
        tooOld: { start: search.start, end: probe.start },
        search: { ...probe, isWithinReachAtEnd: search.isWithinReachAtEnd },
      };
}

/**
 * A stretch that a source answers with nothing, while it leaves out without a word what lies before
 * its reach: of which part it has no candles, and which is too old? Times are open times.
 */
export interface EdgeSearch extends Run {
  /** What opens before is refused when it is asked for alone. */
  readonly tooOldUntil: number;
  /** What opens at that time or later is answered. */
  readonly givenFrom: number;
}

/** The search in `run`; undefined where it is no longer than a day: then it is not worth one. */
export function searchEdge({ start, end }: Run): EdgeSearch | undefined {
  return end - start > DAY_SECONDS ? { start, end, tooOldUntil: start, givenFrom: end } : undefined;
}

/**
 * What is asked for next: the first day alone, and where that is refused, the day in the middle of
 * what is left. Undefined at the end: all before `givenFrom` counts as too old then.
 */
export function probeEdge(
  { start, tooOldUntil, givenFrom }: EdgeSearch,
  timeframe: Timeframe,
): Run | undefined {
  if (givenFrom - tooOldUntil <= DAY_SECONDS) {
    return undefined;
  }
  const middle = openTimeAtOrAfter(Math.floor((tooOldUntil + givenFrom) / 2), timeframe);
  const from =
    tooOldUntil === start ? start : Math.min(middle, addCandles(givenFrom, timeframe, -1));
  const to = Math.max(
    closeTimeOf(from, timeframe),
    openTimeAtOrAfter(from + DAY_SECONDS, timeframe),
  );
  return { start: from, end: Math.min(givenFrom, to) };
}

/** What is known after `probe` was answered, or was too old. */
export function afterEdge(search: EdgeSearch, probe: Run, isAnswered: boolean): EdgeSearch {
  return isAnswered ? { ...search, givenFrom: probe.start } : { ...search, tooOldUntil: probe.end };
}
