import { useComputed, type ReadonlySignal } from "@preact/signals";
import { X } from "lucide-preact";
import { formatCompact, formatPrice } from "../../ui/format.ts";
import type { ChartPlace } from "../chart-place.ts";
import type { DrawnIndicator, Plot } from "./indicator-look.ts";
import { LegendRow } from "./legend-row.tsx";
import { PaneLegend } from "./pane-legend.tsx";
import type { IndicatorPanes } from "./use-indicator-drawing.ts";
import { valueAt } from "./value-at.ts";

/** Digits of a value that is reckoned: more would say nothing. */
const VALUE_DIGITS = 6;

interface LegendProps {
  readonly place: ChartPlace;
  readonly indicators: readonly DrawnIndicator[];
  readonly panes: IndicatorPanes;
  /** Open time under the crosshair. */
  readonly pointed: ReadonlySignal<number | null>;
}

/** The indicators with their values at the crosshair, or the newest ones. */
export function IndicatorLegend({ place, indicators, panes, pointed }: LegendProps) {
  return indicators.map((indicator) => {
    // Values are reckoned from the signals of the first place that they are given.
    const key = `${place.state.series} ${place.timeframe} ${indicator.text}`;
    const row = <IndicatorRow key={key} {...{ place, indicator, pointed }} />;
    const pane = panes.get(indicator.text);
    return pane === undefined ? (
      row
    ) : (
      <PaneLegend key={indicator.text} element={place.element} pane={pane}>
        {row}
      </PaneLegend>
    );
  });
}

interface IndicatorRowProps {
  readonly place: ChartPlace;
  readonly indicator: DrawnIndicator;
  readonly pointed: ReadonlySignal<number | null>;
}

function IndicatorRow({ place, indicator, pointed }: IndicatorRowProps) {
  return (
    <LegendRow
      name={indicator.name}
      action={{
        label: `Remove ${indicator.name}`,
        icon: <X aria-hidden="true" />,
        onClick: () =>
          place.change({
            indicators: place.state.indicators.filter((text) => text !== indicator.text),
          }),
      }}
    >
      {indicator.plots.map((plot) => (
        <PlotValue
          key={plot.column}
          place={place}
          plot={plot}
          time={pointed}
          isVolume={indicator.scale === "volume"}
        />
      ))}
    </LegendRow>
  );
}

interface PlotValueProps {
  readonly place: ChartPlace;
  readonly plot: Plot;
  readonly time: ReadonlySignal<number | null>;
  readonly isVolume: boolean;
}

function PlotValue({ place: { loaded, shown }, plot, time, isVolume }: PlotValueProps) {
  const { column, name, colour, look } = plot;
  const text = useComputed(() => {
    const { timestamp, indicators } = loaded.value;
    const value = valueAt(timestamp, indicators[column], {
      time: time.value,
      end: shown.value?.end ?? Infinity,
    });
    if (value === null) {
      return "–";
    }
    return isVolume ? formatCompact(value) : formatPrice(Number(value.toPrecision(VALUE_DIGITS)));
  });
  return (
    <span class="overlay-value">
      <span
        class="overlay-line"
        style={look === "histogram" ? {} : { backgroundColor: `var(${colour})` }}
        data-bars={look === "histogram"}
        aria-hidden="true"
      />
      {name === "" ? null : <span class="overlay-value-name">{name}</span>}
      <span class="number">{text}</span>
    </span>
  );
}
