import { addCandles, closeTimeOf, type Timeframe } from "@candlehouse/shared/core/timeframe";
import type { IChartApi, Logical, UTCTimestamp } from "lightweight-charts";
import type { TimeRange } from "./chart-place.ts";

/** What is seen of a chart. */
export interface Sight extends TimeRange {
  /** Places on the time scale that are seen. */
  readonly count: number;
  /** Whether the last candle of the chart is seen. */
  readonly isAtLast: boolean;
}

/** The same, and whether the newest candle that is stored is among it. */
export interface Seen extends Sight {
  readonly isAtNewest: boolean;
}

/**
 * What is seen of `chart`, whose candles open at `timestamp`; beyond them, as far as it goes on in
 * their timeframe. Null while the chart is empty.
 */
export function lookAt(
  chart: IChartApi,
  timestamp: readonly UTCTimestamp[],
  timeframe: Timeframe,
): Sight | null {
  const scale = chart.timeScale();
  const range = scale.getVisibleLogicalRange();
  const [first] = timestamp;
  const last = timestamp.at(-1);
  if (range === null || first === undefined || last === undefined) {
    return null;
  }
  const firstIndex = scale.timeToIndex(first, true) ?? 0;
  const lastIndex = scale.timeToIndex(last, true) ?? 0;
  const timeAt = (index: number): number => {
    if (index < firstIndex) {
      return addCandles(first, timeframe, Math.floor(index - firstIndex));
    }
    if (index > lastIndex) {
      return addCandles(last, timeframe, Math.ceil(index - lastIndex));
    }
    const x = scale.logicalToCoordinate(logicalOf(index));
    return x === null ? last : Number(scale.coordinateToTime(x) ?? last);
  };
  return {
    start: timeAt(Math.round(range.from + 0.5)),
    end: closeTimeOf(timeAt(Math.round(range.to - 0.5)), timeframe),
    count: Math.max(1, Math.ceil(range.to - range.from)),
    isAtLast: range.to >= lastIndex - 0.5 && range.from <= lastIndex,
  };
}

/** A place on the time scale as the chart has it. */
function logicalOf(index: number): Logical {
  // The chart's type is a number with a name; there is no other way to make one.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return index as Logical;
}
