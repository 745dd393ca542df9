import { computed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { RefObject } from "preact";
import type { CandleWindow } from "./candle-window.ts";
import type { ChartPlace, ChartState } from "./chart-place.ts";
import { askableOf } from "./overlays/indicator-look.ts";
import { NOTHING } from "./plotted-candles.ts";
import { scaleOf } from "./price-scale.ts";
import { timeframeOf, useCandleWindow } from "./use-candle-window.ts";
import { useDriver, type DrivenPlot } from "./use-driver.ts";
import { useView } from "./use-view.ts";

/** The chart of a state: what it is drawn on, what is loaded, and what others draw onto. */
export interface ShownChart {
  readonly window: CandleWindow;
  /** Null before the chart is on the page. */
  readonly driven: DrivenPlot | null;
  readonly place: ChartPlace | null;
}

export interface ChartElements {
  /** What the legend and cards place themselves in. */
  readonly frame: RefObject<HTMLDivElement>;
  readonly canvas: RefObject<HTMLDivElement>;
}

/** Keeps a chart in `elements` that shows `state`. The zone is that of the first call. */
export function useChart(
  { frame, canvas }: ChartElements,
  state: ChartState,
  change: (some: Partial<ChartState>) => void,
  timeZone: string,
): ShownChart {
  const driven = useDriver(canvas, timeZone, scaleOf(state));
  const timeframe = timeframeOf(state);
  const window = useCandleWindow({ ...state, indicators: askableOf(state.indicators) });
  const whose = `${state.series} ${timeframe}`;
  useView(driven?.driver, window, { whose, timeframe }, { state, change });
  // What the chart still has of another series or timeframe is nothing of this one.
  const told = useMemo(() => {
    const isOwn = () => driven?.driver.whose.value === whose;
    return {
      loaded: computed(() => (isOwn() && driven?.driver.plotted.loaded.value) || NOTHING),
      shown: computed(() => (isOwn() && driven?.driver.seen.value) || null),
    };
  }, [driven, whose]);
  const place = useMemo((): ChartPlace | null => {
    const { current: element } = frame;
    if (driven === null || element === null) {
      return null;
    }
    const { chart, candles, volume } = driven.plot;
    const readAgain = () => window.readAgain();
    return { chart, candles, volume, element, timeframe, state, change, readAgain, ...told };
  }, [frame, driven, told, window, timeframe, state, change]);
  return { window, driven, place };
}
