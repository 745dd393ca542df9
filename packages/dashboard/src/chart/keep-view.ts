import type { IChartApi, UTCTimestamp } from "lightweight-charts";

/**
 * Runs `change`, which gives series of `chart` other points, so that what is seen stays where it is.
 * `anchor` is the open time of a candle, unix seconds, best one that is seen: it, or the one next to
 * it, is where it was before. Nothing is kept while the chart is empty.
 */
export function keepView(chart: IChartApi, anchor: number, change: () => void): void {
  const before = distanceOf(chart, anchor);
  change();
  const after = distanceOf(chart, anchor);
  if (before === null || after === null || before === after) {
    return;
  }
  const scale = chart.timeScale();
  scale.scrollToPosition(scale.scrollPosition() + before - after, false);
}

/** How many candles lie between the one at `anchor` and the right edge. */
function distanceOf(chart: IChartApi, anchor: number): number | null {
  const scale = chart.timeScale();
  const index = scale.timeToIndex(timestampOf(anchor), true);
  const range = scale.getVisibleLogicalRange();
  return index === null || range === null ? null : range.to - index;
}

/** Unix seconds as the chart has them. */
export function timestampOf(seconds: number): UTCTimestamp {
  // The chart's type is a number with a name; there is no other way to make one.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return seconds as UTCTimestamp;
}
