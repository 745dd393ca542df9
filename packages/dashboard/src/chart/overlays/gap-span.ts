import type { Gaps } from "@candlehouse/client";
import {
  addCandles,
  openTimeAtOrAfter,
  openTimeOf,
  timeframeSeconds,
  type Timeframe,
} from "@candlehouse/shared/core/timeframe";
import type { TimeRange } from "../chart-place.ts";
import { placeOf } from "../candle-columns.ts";
import { overlaps } from "./shown-range.ts";

/** A record of missing candles, as it is answered. */
export type GapRecord = Gaps["gaps"][number];

/** A stretch without a break in which candles are missing, and the record that says why. */
export interface GapSpan extends TimeRange {
  readonly gap: GapRecord;
}

/** A gap is shown with at most so many places of missing candles: one of months is not to scale. */
export const PLACES_OF_GAP_MAX = 500;

/** Most such places of all gaps together. */
const PLACES_MAX = 20_000;

export const gapId = ({ series, start }: GapRecord): string => `${series}@${start}`;

/**
 * The stretches of `gaps` between the first and the last of `timestamps` (open times of what is loaded,
 * ascending, of `timeframe`), by start. A record of several runs says how many there are and not where:
 * each is between two candles that are there. Where candles are rolled up from finer ones its runs
 * cannot be told, so they are left out.
 */
export function spansOf(
  gaps: readonly GapRecord[],
  timestamps: readonly number[],
  timeframe: Timeframe,
): GapSpan[] {
  const [first] = timestamps;
  const last = timestamps.at(-1);
  if (first === undefined || last === undefined) {
    return [];
  }
  const loaded = { start: first, end: last };
  return gaps
    .filter((gap) => gap.state !== "filled" && overlaps(gap, loaded))
    .flatMap((gap): GapSpan[] => {
      if (gap.runs === 1) {
        return [{ gap, start: Math.max(gap.start, first), end: Math.min(gap.end, last) }];
      }
      return gap.timeframe === timeframe ? runsOf(gap, timestamps) : [];
    })
    .toSorted((a, b) => a.start - b.start);
}

/** The runs of `gap`, each as wide as the hole between two of `timestamps`. */
function runsOf(gap: GapRecord, timestamps: readonly number[]): GapSpan[] {
  const runs: GapSpan[] = [];
  const begin = Math.max(1, placeOf(timestamps, gap.start));
  for (let index = begin; index < timestamps.length; index += 1) {
    const start = addCandles(timestamps[index - 1] ?? 0, gap.timeframe, 1);
    const end = timestamps[index] ?? 0;
    if (start >= gap.end) {
      break;
    }
    if (end > start) {
      runs.push({ gap, start, end });
    }
  }
  return runs;
}

/**
 * Open times of `timeframe` at which `spans` have no candle, ascending: the places that the time scale
 * needs so that a gap is as wide as it was long. Each gap has at most PLACES_OF_GAP_MAX, spread evenly.
 * Intervals without a trade have none: they are as wide as anywhere, and nothing is missing.
 */
export function placesOf(
  spans: readonly GapSpan[],
  timestamps: readonly number[],
  timeframe: Timeframe,
): number[] {
  const places = new Set<number>();
  for (const { gap, start, end } of spans) {
    const room = Math.min(PLACES_OF_GAP_MAX, PLACES_MAX - places.size);
    if (gap.class === "no_trades" || room <= 0) {
      continue;
    }
    const step = stepOf({ start, end }, timeframe, room);
    const first = openTimeAtOrAfter(start, timeframe);
    for (let time = first, count = 0; time < end; time = addCandles(first, timeframe, count)) {
      if (timestamps[placeOf(timestamps, time)] !== time) {
        places.add(time);
      }
      count += step;
    }
  }
  return [...places].toSorted((a, b) => a - b);
}

/** Every how many-th candle of `range` has a place, so that there are at most `room`. */
function stepOf({ start, end }: TimeRange, timeframe: Timeframe, room: number): number {
  const candles = Math.ceil((end - start) / timeframeSeconds(timeframe));
  return Math.max(1, Math.ceil(candles / room));
}

/** Whether `gap` is drawn shorter than it was. */
export function isShortened({ start, end }: TimeRange, timeframe: Timeframe): boolean {
  return stepOf({ start, end }, timeframe, PLACES_OF_GAP_MAX) > 1;
}

/** The span that the candle at `time` (an open time of `timeframe`, or any time in it) lacks. */
export function spanAt(
  spans: readonly GapSpan[],
  time: number,
  timeframe: Timeframe,
): GapSpan | undefined {
  const start = openTimeOf(time, timeframe);
  const candle = { start, end: addCandles(start, timeframe, 1) };
  return spans.find((span) => overlaps(span, candle));
}
