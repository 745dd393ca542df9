import { joinRuns, type Run } from "./missing.ts";
import { partitionEnd, partitionOf } from "./partition.ts";
import { addCandles, openTimeAtOrAfter, type Timeframe } from "./timeframe.ts";

/** Requests that a window takes about: what is lost and done again where one is interrupted. */
const WINDOW_REQUESTS = 50;

/**
 * Most candles of a window. They are held and encoded at once: this many take a sixth of the memory
 * of an isolate, and several backfills may share one.
 */
const WINDOW_CANDLES_MAX = 25_000;

/** Candles asked for again before each run: where they come, the answer surely begins before it. */
export const OVERLAP_CANDLES = 1;

/** Candles that a page leaves room for, when it is asked for again: one before it, one behind it. */
const WITNESSES = 2;

/** A source that gives no more at once than that is asked for all of it. */
const SMALL_PAGE_CANDLES = 20;

/** Runs with at most so many held candles between them are asked for together. */
const JOINED_CANDLES = 30;

/**
 * The candles that a backfill asks for at once, of a source that gives `candlesPerRequest`: a page that
 * comes empty is asked for again together with the candles beside it.
 */
export function pageCandles(candlesPerRequest: number): number {
  return candlesPerRequest > SMALL_PAGE_CANDLES ? candlesPerRequest - WITNESSES : candlesPerRequest;
}

/**
 * The windows that a backfill of `range` (open times of `timeframe`, end exclusive) works in, oldest
 * first. A window that reaches beyond the end of an archived file's stretch ends with it, so that
 * what it brings is merged into one file.
 */
export function windowsOf(range: Run, timeframe: Timeframe, candlesPerRequest: number): Run[] {
  const requests = Math.min(WINDOW_REQUESTS, Math.floor(WINDOW_CANDLES_MAX / candlesPerRequest));
  // Whole requests, the overlap among them; of a source that gives more at once, a part of one.
  const candles =
    requests === 0
      ? WINDOW_CANDLES_MAX
      : Math.max(1, requests * candlesPerRequest - OVERLAP_CANDLES);
  const windows: Run[] = [];
  for (let { start } = range; start < range.end;) {
    const most = Math.min(range.end, addCandles(start, timeframe, candles));
    const cut = lastPartitionEnd(start, most, timeframe);
    windows.push({ start, end: cut });
    start = cut;
  }
  return windows;
}

/** The last end of a partition after `start` and up to `end`, as an open time; else `end`. */
function lastPartitionEnd(start: number, end: number, timeframe: Timeframe): number {
  let cut = end;
  for (let at = start; at < end;) {
    at = openTimeAtOrAfter(partitionEnd(partitionOf(at, timeframe)), timeframe);
    cut = at <= end ? at : cut;
  }
  return cut;
}

/** What is left of the window that holds the open time `cursor`; undefined behind the last one. */
export function windowAt(windows: readonly Run[], cursor: number): Run | undefined {
  const window = windows.find(({ end }) => cursor < end);
  return window === undefined
    ? undefined
    : { start: Math.max(cursor, window.start), end: window.end };
}

/** How many of `windows` lie before `cursor`. */
export function windowsBefore(windows: readonly Run[], cursor: number): number {
  return windows.filter(({ end }) => end <= cursor).length;
}

/**
 * The requests that ask for `runs` (ascending, apart), each of at most `candlesPerRequest` candles,
 * oldest first. `overlap` candles more are asked for before each run: where the source gives them,
 * it is certain that the answer begins before what is wanted.
 */
export function planRequests(
  runs: readonly Run[],
  timeframe: Timeframe,
  candlesPerRequest: number,
  overlap = 0,
): Run[] {
  const before = candlesPerRequest > overlap ? overlap : 0;
  return joinRuns(runs, Math.min(JOINED_CANDLES, candlesPerRequest - 1), timeframe).flatMap(
    (run) => {
      const requests: Run[] = [];
      for (let start = addCandles(run.start, timeframe, -before); start < run.end;) {
        const end = Math.min(run.end, addCandles(start, timeframe, candlesPerRequest));
        requests.push({ start, end });
        start = end;
      }
      return requests;
    },
  );
}
