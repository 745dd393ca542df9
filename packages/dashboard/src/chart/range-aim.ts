import { openTimeOf, timeframeSeconds, type Timeframe } from "@candlehouse/shared/core/timeframe";
import type { IChartApi } from "lightweight-charts";
import type { TimeRange } from "./chart-place.ts";
import { timestampOf } from "./keep-view.ts";

/** A range that cannot be shown as it is, at the edge of what is stored, is not tried for ever. */
const AIMS_MAX = 3;

/** Keeps a range that was gone for in sight: points of gaps that come later push some of it out. */
export class RangeAim {
  readonly #chart: IChartApi;
  readonly #range: TimeRange;
  readonly #timeframe: Timeframe;
  #left = AIMS_MAX;

  constructor(chart: IChartApi, range: TimeRange, timeframe: Timeframe) {
    this.#chart = chart;
    this.#range = range;
    this.#timeframe = timeframe;
  }

  /** Goes for it again where `seen` is something else, unless the reader has moved the chart. */
  adjust(seen: TimeRange | null, wasMoved: boolean): void {
    if (wasMoved || this.#left === 0 || seen === null) {
      return;
    }
    const { start, end } = this.#range;
    const slack = timeframeSeconds(this.#timeframe) * 2;
    if (Math.abs(seen.start - start) + Math.abs(seen.end - end) > slack) {
      this.#left -= 1;
      this.#chart.timeScale().setVisibleRange({
        from: timestampOf(start),
        to: timestampOf(openTimeOf(end - 1, this.#timeframe)),
      });
    }
  }
}
