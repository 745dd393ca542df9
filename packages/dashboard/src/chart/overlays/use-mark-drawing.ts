import { useComputed, type ReadonlySignal } from "@preact/signals";
import {
  createSeriesMarkers,
  type ISeriesMarkersPluginApi,
  type MouseEventParams,
  type SeriesMarker,
  type Time,
} from "lightweight-charts";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { shownTheme } from "../../shell/settings.ts";
import { placeOf } from "../candle-columns.ts";
import type { ChartPlace } from "../chart-place.ts";
import { timestampOf } from "../keep-view.ts";
import { chosenMark } from "./chosen.ts";
import { cssColour } from "./css-colour.ts";
import type { Mark } from "./mark.ts";

/**
 * Draws `marks` beside their candles; a press chooses one. Returns the mark of the candle at `pointed`,
 * the open time under the crosshair. `points` is what else has points on the time scale: where it changes, the
 * marks are placed anew, for the library does that only where the candles do.
 */
export function useMarkDrawing(
  place: ChartPlace,
  marks: readonly Mark[],
  pointed: ReadonlySignal<number | null>,
  points: readonly unknown[],
): ReadonlySignal<Mark | null> {
  const { candles, chart } = place;
  const { timestamp } = place.loaded.value;
  const drawn = useRef<ISeriesMarkersPluginApi<Time> | null>(null);
  const theme = shownTheme.value;
  const byTime = useMemo(() => new Map(marks.map((mark) => [mark.timestamp, mark])), [marks]);
  useEffect(() => {
    const markers = createSeriesMarkers(candles, [], { autoScale: false });
    drawn.current = markers;
    return () => {
      drawn.current = null;
      markers.detach();
    };
  }, [candles]);
  useEffect(() => {
    // The library would move a marker without its candle to the one beside.
    const there = marks.filter(
      (one) => timestamp[placeOf(timestamp, one.timestamp)] === one.timestamp,
    );
    drawn.current?.setMarkers(there.flatMap(markersOf));
  }, [candles, marks, timestamp, theme, ...points]);
  useEffect(() => {
    const onClick = ({ time }: MouseEventParams) => {
      chosenMark.value = byTime.get(Number(time)) ?? null;
    };
    chart.subscribeClick(onClick);
    return () => chart.unsubscribeClick(onClick);
  }, [chart, byTime]);
  return useComputed(() => byTime.get(pointed.value ?? -1) ?? null);
}

function markersOf({ timestamp, revisions, outliers }: Mark): SeriesMarker<Time>[] {
  const time = timestampOf(timestamp);
  const markers: SeriesMarker<Time>[] = [];
  const [first] = outliers;
  if (first !== undefined) {
    const isAbove = first.score > 0;
    markers.push({
      time,
      position: isAbove ? "aboveBar" : "belowBar",
      shape: isAbove ? "arrowDown" : "arrowUp",
      color: cssColour("--warning"),
      ...countText(outliers.length),
    });
  }
  if (revisions.length > 0) {
    markers.push({
      time,
      position: "belowBar",
      shape: "square",
      color: cssColour("--cold"),
      ...countText(revisions.length),
    });
  }
  return markers;
}

/** How many there are, where there is more than one. */
function countText(count: number): { readonly text?: string } {
  return count === 1 ? {} : { text: String(count) };
}
