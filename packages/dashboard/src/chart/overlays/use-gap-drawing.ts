import { useComputed, useSignal, type ReadonlySignal } from "@preact/signals";
import { LineSeries, type ISeriesApi, type MouseEventParams } from "lightweight-charts";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { shownTheme } from "../../shell/settings.ts";
import type { ChartPlace } from "../chart-place.ts";
import { keepView, timestampOf } from "../keep-view.ts";
import { anchorOf } from "./anchor.ts";
import { chosenGap, chosenMark } from "./chosen.ts";
import { createGapPrimitive } from "./gap-primitive.ts";
import { gapId, placesOf, spanAt, spansOf, type GapRecord, type GapSpan } from "./gap-span.ts";

import { useWhenReleased } from "./use-held-pointer.ts";

interface DrawnGaps {
  /** Open times of missing candles that have a place on the time scale, ascending. */
  readonly places: readonly number[];
  /** The gap under the pointer, or in the candle under the crosshair. */
  readonly pointedGap: ReadonlySignal<GapRecord | null>;
}

/** Draws `gaps` behind the candles; a press chooses one. `pointed` is the open time under the crosshair. */
export function useGapDrawing(
  place: ChartPlace,
  gaps: readonly GapRecord[],
  pointed: ReadonlySignal<number | null>,
): DrawnGaps {
  const { timestamp } = place.loaded.value;
  const { timeframe } = place;
  const spans = useMemo(() => spansOf(gaps, timestamp, timeframe), [gaps, timestamp, timeframe]);
  const places = useUnchanged(placesOf(spans, timestamp, timeframe));
  usePlaces(place, places);
  return { places, pointedGap: useSpans(place, spans, pointed) };
}

/** The same list as before where it has the same members: candles arrive, and most change no gap. */
function useUnchanged(times: readonly number[]): readonly number[] {
  const kept = useRef(times);
  const isSame =
    kept.current.length === times.length &&
    times.every((time, index) => kept.current[index] === time);
  if (!isSame) {
    kept.current = times;
  }
  return kept.current;
}

/** Gives the time scale the places of missing candles, so that a gap is as wide as it was long. */
function usePlaces(place: ChartPlace, places: readonly number[]): void {
  const { chart } = place;
  const whenReleased = useWhenReleased(place.element);
  const series = useRef<ISeriesApi<"Line"> | null>(null);
  useEffect(() => {
    const added = chart.addSeries(LineSeries, {
      lineVisible: false,
      lastValueVisible: false,
      priceLineVisible: false,
      crosshairMarkerVisible: false,
    });
    series.current = added;
    return () => {
      series.current = null;
      chart.removeSeries(added);
    };
  }, [chart]);
  useEffect(() => {
    whenReleased(() =>
      keepView(chart, anchorOf(place), () =>
        series.current?.setData(places.map((time) => ({ time: timestampOf(time) }))),
      ),
    );
  }, [chart, places, whenReleased]);
}

function useSpans(
  { chart, candles, timeframe }: ChartPlace,
  spans: readonly GapSpan[],
  pointed: ReadonlySignal<number | null>,
): ReadonlySignal<GapRecord | null> {
  const primitive = useMemo(() => createGapPrimitive(), [candles]);
  const pointerX = useSignal<number | null>(null);
  const pointedGap = useComputed(() => {
    const { value: x } = pointerX;
    const { value: time } = pointed;
    const atPointer = x === null ? null : primitive.spanAt(x);
    const atCrosshair = time === null ? undefined : spanAt(spans, time, timeframe);
    return (atPointer ?? atCrosshair)?.gap ?? null;
  });
  const theme = shownTheme.value;
  const marked = chosenGap.value ?? pointedGap.value;
  useEffect(() => {
    candles.attachPrimitive(primitive);
    return () => candles.detachPrimitive(primitive);
  }, [candles, primitive]);
  useEffect(
    () => primitive.show(spans, timeframe, marked === null ? null : gapId(marked)),
    [primitive, spans, timeframe, marked, theme],
  );
  useEffect(() => {
    const pressedX = ({ point, paneIndex }: MouseEventParams) =>
      point !== undefined && (paneIndex ?? 0) === 0 ? point.x : null;
    const onMove = (event: MouseEventParams) => {
      pointerX.value = pressedX(event);
    };
    const onClick = (event: MouseEventParams) => {
      const x = pressedX(event);
      chosenGap.value = x === null ? null : (primitive.spanAt(x)?.gap ?? null);
      chosenMark.value = null;
    };
    chart.subscribeCrosshairMove(onMove);
    chart.subscribeClick(onClick);
    return () => {
      chart.unsubscribeCrosshairMove(onMove);
      chart.unsubscribeClick(onClick);
      chosenGap.value = null;
    };
  }, [chart, primitive]);
  return pointedGap;
}
