import { addCandles, type Timeframe } from "@candlehouse/shared/core/timeframe";
import type { UTCTimestamp } from "lightweight-charts";
import { placeOf } from "../candle-columns.ts";

/** A column of values with the open times that it belongs to. */
export interface PlotColumn {
  readonly timestamp: readonly UTCTimestamp[];
  readonly values: readonly (number | null)[];
}

export interface PlotPoint {
  readonly time: UTCTimestamp;
  /** Left out where there is none. */
  readonly value?: number;
  /** Of the line from here to the next point. */
  readonly color?: string;
}

/** Newest points that may change while candles arrive one by one. */
const NEWEST_POINTS = 4;

/** A line goes on over so many missing candles: a quiet market lacks some. */
const QUIET_CANDLES_MAX = 5;

const UNSEEN = "rgba(0, 0, 0, 0)";

export const NO_COLUMN: PlotColumn = { timestamp: [], values: [] };

/** `column` from its place `from` on, as the chart takes it. After the times of `breaks` the line stops. */
export function pointsOf(
  { timestamp, values }: PlotColumn,
  breaks: ReadonlySet<number>,
  from = 0,
): PlotPoint[] {
  return timestamp.slice(from).map((time, index) => {
    const value = values[from + index] ?? null;
    if (value === null) {
      return { time };
    }
    return breaks.has(time) ? { time, value, color: UNSEEN } : { time, value };
  });
}

/**
 * The open times, of the ascending `timestamp`, behind which candles are missing that have `places`: a
 * line that went on there would look like values.
 */
export function breaksAt(
  timestamp: readonly number[],
  places: readonly number[],
): ReadonlySet<number> {
  return new Set(places.map((time) => timestamp[placeOf(timestamp, time) - 1] ?? 0));
}

/** The same where nobody knows why: where more than some candles of `timeframe` are missing. */
export function breaksIn(timestamp: readonly number[], timeframe: Timeframe): ReadonlySet<number> {
  const breaks = timestamp.filter((time, index) => {
    const next = timestamp[index + 1];
    return next !== undefined && next > addCandles(time, timeframe, QUIET_CANDLES_MAX + 1);
  });
  return new Set(breaks);
}

/**
 * From which place on `next` differs from what was drawn, where that is only at its newest end, so that
 * some points are updated and not all given anew; null where all are. What is loaded is never changed but
 * at its ends.
 */
export function changedFrom(drawn: PlotColumn, next: PlotColumn): number | null {
  const length = drawn.timestamp.length;
  const from = length - 1;
  const added = next.timestamp.length - length;
  const isSame =
    length > 1 &&
    added >= 0 &&
    added < NEWEST_POINTS &&
    [0, Math.floor(length / 2), from - 1].every(
      (place) =>
        drawn.timestamp[place] === next.timestamp[place] &&
        drawn.values[place] === next.values[place],
    ) &&
    drawn.timestamp[from] === next.timestamp[from];
  return isSame ? from : null;
}
