import { signal } from "@preact/signals";
import type { MouseEventParams } from "lightweight-charts";
import type { RefObject, TargetedKeyboardEvent } from "preact";
import { useEffect, useId, useMemo, useRef } from "preact/hooks";
import { KEYS_TEXT, pressKey } from "./chart-keys.ts";
import { ChartStates } from "./chart-states.tsx";
import { setLegendHeight } from "./create-plot.ts";
import { Legend } from "./legend.tsx";
import { Overlays } from "./overlays/overlays.tsx";
import type { ChartElements, ShownChart } from "./use-chart.ts";
import type { DrivenPlot } from "./use-driver.ts";

interface ChartFrameProps {
  readonly chart: ShownChart;
  readonly elements: ChartElements;
  /** Whose candles, as it stands over them. */
  readonly title: string;
  readonly timeZone: string;
}

/** The chart, its legend, and what is said where there is nothing to be drawn. */
export function ChartFrame({ chart, elements, title, timeZone }: ChartFrameProps) {
  const { place, driven, window } = chart;
  const hint = useId();
  const { pointed, told } = usePointed(driven);
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    if (driven === null || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (pressKey({ ...driven, pointed, told, timeZone }, event.key, event.shiftKey)) {
      driven.driver.noteMove();
      event.preventDefault();
    }
  };
  const legend = useRef<HTMLDivElement>(null);
  useRoom(chart, elements, legend);
  const onMove = () => driven?.driver.noteMove();
  return (
    <div class="chart-frame" ref={elements.frame}>
      {/* An application is what takes keys and pointers by itself; the rule does not know the role. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        class="chart-canvas"
        role="application"
        aria-label={`Chart of ${title}`}
        aria-describedby={hint}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerDown={onMove}
        onWheel={onMove}
      >
        <div class="chart-canvas-inside" ref={elements.canvas} aria-hidden="true" />
      </div>
      <p id={hint} class="only-read">
        {KEYS_TEXT}
      </p>
      <p class="only-read" aria-live="polite">
        {told}
      </p>
      {place === null || driven === null ? null : (
        <div class="chart-legend" ref={legend}>
          <Legend
            // Texts are reckoned from the signals of the first place that they are given.
            key={title}
            title={title}
            loaded={place.loaded}
            shown={place.shown}
            pointed={pointed}
            digits={driven.driver.plotted.digits}
            timeZone={timeZone}
          />
          <Overlays place={place} pointed={pointed} />
        </div>
      )}
      <ChartStates window={window} place={place} driver={driven?.driver} />
    </div>
  );
}

/** Has the legend end where the scale of prices begins, and the candles begin below the legend. */
function useRoom(
  { place, driven }: ShownChart,
  { frame }: ChartElements,
  legend: RefObject<HTMLElement>,
): void {
  const shown = place?.shown.value;
  useEffect(() => {
    const width = place?.chart.priceScale("right").width() ?? 0;
    frame.current?.style.setProperty("--chart-axis", `${width}px`);
  }, [place, frame, shown]);
  useEffect(() => {
    const { current } = legend;
    if (current === null || driven === null) {
      return undefined;
    }
    const observer = new ResizeObserver(() => setLegendHeight(driven.plot, current.offsetHeight));
    observer.observe(current);
    return () => observer.disconnect();
  }, [driven, legend, place === null]);
}

/** Where the crosshair is, by hand or by key, and what is told of it. */
function usePointed(driven: DrivenPlot | null) {
  const signals = useMemo(() => ({ pointed: signal<number | null>(null), told: signal("") }), []);
  useEffect(() => {
    if (driven === null) {
      return undefined;
    }
    const { chart } = driven.plot;
    const onMove = ({ time, sourceEvent }: MouseEventParams) => {
      // A crosshair that a key has set is told of without an event of a pointer.
      if (sourceEvent !== undefined || time === undefined) {
        signals.pointed.value = typeof time === "number" ? time : null;
      }
    };
    chart.subscribeCrosshairMove(onMove);
    return () => chart.unsubscribeCrosshairMove(onMove);
  }, [driven, signals]);
  return signals;
}
