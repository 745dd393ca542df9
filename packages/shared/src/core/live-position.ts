import { TIMESTAMP_MIN } from "./candle.ts";
import type { TimeRange } from "./cold-plan.ts";
import {
  addCandles,
  closeTimeOf,
  isAligned,
  newestClosed,
  openTimeAtOrAfter,
  type Timeframe,
} from "./timeframe.ts";

/**
 * How far a live stream of one series is: which of its candles were sent. Times are open times,
 * unix seconds.
 */
export interface LivePosition {
  /** The newest candle that was sent, or that was there before the stream began. */
  readonly mark: number;
  /**
   * Where candles before the mark are still missing, and are sent if they come late: each from
   * (inclusive) to (exclusive), oldest first, with at least one candle between two of them.
   */
  readonly holes: readonly TimeRange[];
}

/** How many candles before the mark a late one may lie. */
export const LIVE_REACH_CANDLES = 1_000;

/** Most holes that a position remembers; of more, the older half is given up. */
export const LIVE_HOLES_MAX = 24;

/**
 * Newest candles that are looked through for holes where a stream begins: between so few there are
 * not more holes than a position remembers.
 */
export const LIVE_START_CANDLES = 2 * LIVE_HOLES_MAX;

/** After every candle there can be; unix seconds. */
const END_OF_TIME = Number.MAX_SAFE_INTEGER;

/**
 * The position of a stream that begins at `nowSeconds`, where the newest stored candles are those
 * at `stored` (open times, ascending; as many as LIVE_START_CANDLES where there are so many): they
 * are not sent, and what is missing between them is, when it comes. Of a series without a candle,
 * what is stored from now on is sent where it is not older than LIVE_START_CANDLES candles.
 */
export function livePositionNow(
  stored: readonly number[],
  timeframe: Timeframe,
  nowSeconds: number,
): LivePosition {
  const mark = stored.at(-1);
  if (mark === undefined) {
    const newest = newestClosed(nowSeconds, timeframe, 0);
    return { mark: addCandles(newest, timeframe, -LIVE_START_CANDLES), holes: [] };
  }
  let position: LivePosition = {
    mark: addCandles(mark, timeframe, -LIVE_START_CANDLES),
    holes: [],
  };
  for (const timestamp of stored) {
    if (isUnsent(position, timestamp, timeframe)) {
      position = withSent(position, timestamp, timeframe);
    }
  }
  return position;
}

/** The position of a stream that has sent nothing, and is to send all candles from `since` on. */
export function livePositionSince(since: number, timeframe: Timeframe): LivePosition {
  const first = openTimeAtOrAfter(Math.max(since, TIMESTAMP_MIN), timeframe);
  return { mark: addCandles(first, timeframe, -1), holes: [] };
}

/** Where the candles lie that are still to be sent: oldest first, the last range without an end. */
export function unsentRanges({ mark, holes }: LivePosition, timeframe: Timeframe): TimeRange[] {
  return [...holes, { from: closeTimeOf(mark, timeframe), to: END_OF_TIME }];
}

/** Whether the candle at `timestamp` is still to be sent. What is off the grid never is. */
export function isUnsent(position: LivePosition, timestamp: number, timeframe: Timeframe): boolean {
  return (
    isAligned(timestamp, timeframe) &&
    unsentRanges(position, timeframe).some(({ from, to }) => timestamp >= from && timestamp < to)
  );
}

/** `position` after the candle at `timestamp`, which `isUnsent` and has room, was sent. */
export function withSent(
  { mark, holes }: LivePosition,
  timestamp: number,
  timeframe: Timeframe,
): LivePosition {
  const next = closeTimeOf(timestamp, timeframe);
  if (timestamp > mark) {
    const skipped = { from: closeTimeOf(mark, timeframe), to: timestamp };
    return { mark: timestamp, holes: [...holes, skipped].filter(isNotEmpty) };
  }
  const cut = holes.flatMap(({ from, to }): TimeRange[] =>
    timestamp < from || timestamp >= to
      ? [{ from, to }]
      : [
          { from, to: timestamp },
          { from: next, to },
        ],
  );
  return { mark, holes: cut.filter(isNotEmpty) };
}

/** A position that has room for one more candle. */
export interface LiveRoom {
  readonly position: LivePosition;
  /**
   * Where candles that were not sent never will be, with sent ones among them; undefined where
   * nothing is given up.
   */
  readonly givenUp: TimeRange | undefined;
}

/**
 * `position` as it must be before the candle at `timestamp`, which `isUnsent`, is sent: without the
 * holes that would then be too far back or too many. Of these the older half is given up at once,
 * so that it seldom happens. The candle itself may lie in what is given up: it is unsent no more.
 */
export function makeRoom(
  position: LivePosition,
  timestamp: number,
  timeframe: Timeframe,
): LiveRoom {
  const { mark, holes } = withSent(position, timestamp, timeframe);
  const reach = addCandles(mark, timeframe, -LIVE_REACH_CANDLES);
  const first = holes[0]?.from ?? reach;
  if (first >= reach && holes.length <= LIVE_HOLES_MAX) {
    return { position, givenUp: undefined };
  }
  const half = addCandles(mark, timeframe, -LIVE_REACH_CANDLES / 2);
  const kept = Math.max(half, holes.at(-LIVE_HOLES_MAX / 2)?.from ?? half);
  const last = holes.findLast(({ from }) => from < kept)?.to ?? kept;
  const givenUp = { from: first, to: Math.min(last, kept) };
  return {
    position: {
      // Behind the mark only where the candle leaps over more than is kept.
      mark: Math.max(position.mark, addCandles(givenUp.to, timeframe, -1)),
      holes: position.holes
        .map(({ from, to }) => ({ from: Math.max(from, kept), to }))
        .filter(isNotEmpty),
    },
    givenUp,
  };
}

function isNotEmpty({ from, to }: TimeRange): boolean {
  return from < to;
}
