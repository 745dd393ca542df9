import { TIMESTAMP_MIN, type Candle } from "@candlehouse/shared/core/candle";
import { parseDecimal, storedDecimal, type StoredDecimal } from "@candlehouse/shared/core/decimal";
import { InvalidInputError, showValue, SourceAnswerError } from "@candlehouse/shared/core/errors";
import type { SourceId } from "@candlehouse/shared/core/source";
import { addCandles, countCandles, newestClosed } from "@candlehouse/shared/core/timeframe";
import {
  pageSizeOf,
  type CandleRequest,
  type HttpAnswer,
  type ParsedAnswer,
  type Source,
} from "./source.ts";

/** How far a row's open time may lie after the source's own clock, in seconds: its hosts differ. */
const CLOCK_SKEW_SECONDS_MAX = 60;

/** How many candles `request` asks for. Throws InvalidInputError where `source` cannot give them at once. */
export function countRequested(
  source: Pick<Source, "id" | "timeframes" | "candlesPerRequest" | "longerPages">,
  request: CandleRequest,
): number {
  const { start, end, timeframe } = request;
  if (!source.timeframes.includes(timeframe)) {
    throw new InvalidInputError(
      "timeframe",
      timeframe,
      `${source.id} gives ${source.timeframes.join(", ")}`,
    );
  }
  const count = countCandles(start, end, timeframe);
  const most = pageSizeOf(source, timeframe);
  if (count < 1 || count > most) {
    throw new InvalidInputError(
      "window",
      [start, end],
      `it holds ${count} ${timeframe} candles, and ${source.id} gives 1 to ${most} a request`,
    );
  }
  return count;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The rows of an answer. Throws SourceAnswerError where `value` is no list; `place` says where it stood. */
export function readRows(source: SourceId, place: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) {
    throw unreadable(source, place, value, "a list of candles");
  }
  return value;
}

/** A row that is a list of at least `length` values. */
export function readList(source: SourceId, row: unknown, length: number): readonly unknown[] {
  if (!Array.isArray(row) || row.length < length) {
    throw unreadable(source, "row", row, `a list of ${length} values`);
  }
  return row;
}

/** A row that is an object. */
export function readObject(source: SourceId, row: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(row)) {
    throw unreadable(source, "row", row, "an object");
  }
  return row;
}

/** A price or volume, every digit kept. */
export function readDecimal(source: SourceId, field: string, value: unknown): StoredDecimal {
  const decimal =
    typeof value === "string" || typeof value === "number" ? parseDecimal(value) : undefined;
  if (decimal === undefined) {
    throw unreadable(source, field, value, "a decimal number");
  }
  return storedDecimal(decimal);
}

/** A count, as a number. Whether it can be true is `findCandleFault`'s matter. */
export function readCount(source: SourceId, field: string, value: unknown): number {
  if (typeof value !== "number") {
    throw unreadable(source, field, value, "a number");
  }
  return value;
}

/**
 * A row's open time in unix seconds; `seconds` is what the row says, in that unit. A time before
 * 2009 or after the source's own clock is of another unit than the source promises, and would
 * otherwise fall out of every window without a word.
 */
export function readOpenTime(source: SourceId, answer: HttpAnswer, seconds: unknown): number {
  const latest = answer.nowSeconds + CLOCK_SKEW_SECONDS_MAX;
  if (typeof seconds !== "number" || !(seconds >= TIMESTAMP_MIN && seconds <= latest)) {
    throw unreadable(
      source,
      "time",
      seconds,
      `an open time from ${TIMESTAMP_MIN} s to ${latest} s, a minute after the source's clock,`,
    );
  }
  return seconds;
}

/** The error that says what stood where `expected` was promised. */
export function unreadable(
  source: SourceId,
  place: string,
  value: unknown,
  expected: string,
): SourceAnswerError {
  return new SourceAnswerError(
    `${source} answered with ${place} ${showValue(value)} where ${expected} belongs`,
  );
}

/** What a source's answer can hold at most, as open times in unix seconds. */
interface AnswerReach {
  /** The oldest candle that the answer could hold; without it, all of the window. */
  readonly oldest?: number;
  /** The newest candle that the source calls final; without it, the clock alone decides. */
  readonly newest?: number;
}

/**
 * The candles of the window among `rows`, oldest first and one a timestamp: the closed ones, and
 * apart from them those that still move. Throws SourceAnswerError where two closed rows of one
 * timestamp differ: which is true cannot be known here. Of open ones the last is taken.
 */
export function selectCandles(
  source: Pick<Source, "id" | "settleSeconds">,
  request: CandleRequest,
  answer: HttpAnswer,
  rows: readonly Candle[],
  reach: AnswerReach = {},
): ParsedAnswer {
  const { start, end, timeframe } = request;
  const closed = newestClosed(answer.nowSeconds, timeframe, source.settleSeconds);
  const newest = Math.min(closed, reach.newest ?? closed);
  const rowsOfWindow = rows
    .filter(({ timestamp }) => timestamp >= start && timestamp < end)
    .toSorted((a, b) => a.timestamp - b.timestamp);
  const candles = rowsOfWindow
    .filter(({ timestamp }) => timestamp <= newest)
    .filter((candle, index, sorted) => !repeats(source.id, candle, sorted[index - 1]));
  // What lies off the grid after the newest one is no open candle; once it is closed it is a faulty one.
  const next = addCandles(newest, timeframe, 1);
  const open = rowsOfWindow.filter(({ timestamp }) => timestamp >= next);
  const openCandles = [...new Map(open.map((candle) => [candle.timestamp, candle])).values()];
  const coveredStart = Math.min(end, Math.max(start, reach.oldest ?? start));
  const coveredEnd = Math.max(coveredStart, Math.min(end, next));
  return { candles, openCandles, coveredStart, coveredEnd };
}

/** Whether `candle` is `previous` once more. Throws SourceAnswerError where it is so in time alone. */
function repeats(source: SourceId, candle: Candle, previous: Candle | undefined): boolean {
  if (previous?.timestamp !== candle.timestamp) {
    return false;
  }
  const [shown, other] = [JSON.stringify(candle), JSON.stringify(previous)];
  if (shown !== other) {
    throw new SourceAnswerError(
      `${source} answered with two candles at ${candle.timestamp}: ${other} and ${shown}`,
    );
  }
  return true;
}
