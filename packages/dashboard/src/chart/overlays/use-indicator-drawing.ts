import {
  HistogramSeries,
  LineSeries,
  LineStyle,
  PriceScaleMode,
  type IChartApi,
  type IPaneApi,
  type ISeriesApi,
  type Time,
} from "lightweight-charts";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { shownTheme } from "../../shell/settings.ts";
import type { ChartPlace } from "../chart-place.ts";
import { keepView } from "../keep-view.ts";
import { anchorOf } from "./anchor.ts";
import { cssColour } from "./css-colour.ts";
import type { DrawnIndicator, Plot } from "./indicator-look.ts";
import { useWhenReleased } from "./use-held-pointer.ts";
import { breaksAt, changedFrom, NO_COLUMN, pointsOf, type PlotColumn } from "./plot-data.ts";

/** Height of an indicator's pane, where that of the prices is 1. */
const PANE_SHARE = 0.28;

/** What is left free in it above, where its legend is, and below. */
const PANE_MARGINS = { top: 0.15, bottom: 0.05 };

/** By the text of the indicator. */
export type IndicatorPanes = ReadonlyMap<string, IPaneApi<Time>>;

const NO_PANES: IndicatorPanes = new Map();

interface DrawnPlot {
  readonly plot: Plot;
  readonly series: ISeriesApi<"Line"> | ISeriesApi<"Histogram">;
  drawn: PlotColumn;
}

/**
 * Draws `indicators` by the columns that are loaded; lines stop at `places`, those of missing candles.
 * Returns the panes of those that have one of their own, below the prices.
 */
export function useIndicatorDrawing(
  place: ChartPlace,
  indicators: readonly DrawnIndicator[],
  places: readonly number[],
): IndicatorPanes {
  const { chart, volume, loaded } = place;
  const whenReleased = useWhenReleased(place.element);
  const plots = useRef<DrawnPlot[]>([]);
  const [panes, setPanes] = useState(NO_PANES);
  const theme = shownTheme.value;
  const { timestamp, indicators: columns } = loaded.value;
  useEffect(() => {
    if (indicators.length === 0) {
      return undefined;
    }
    const volumeScale = volume.options().priceScaleId ?? "";
    const added = indicators.map((indicator) => addIndicator(chart, indicator, volumeScale));
    plots.current = added.flat();
    setPanes(panesOf(indicators, added));
    return () => {
      plots.current = [];
      setPanes(NO_PANES);
      for (const { series } of added.flat().toReversed()) {
        chart.removeSeries(series);
      }
    };
  }, [chart, volume, indicators, theme]);
  const breaks = useMemo(() => breaksAt(timestamp, places), [timestamp, places]);
  useEffect(() => {
    for (const one of plots.current) {
      one.drawn = NO_COLUMN;
    }
  }, [places]);
  useEffect(() => {
    const left = [...plots.current];
    let frame = 0;
    // The chart takes its time for each column that is given anew: one in a frame, so that it goes on.
    const giveNext = () => {
      const one = left.shift();
      if (one === undefined) {
        return;
      }
      const values = columns[one.plot.column];
      const column = values === undefined ? NO_COLUMN : { timestamp, values };
      keepView(chart, anchorOf(place), () => give(one, column, breaks));
      frame = requestAnimationFrame(giveNext);
    };
    whenReleased(giveNext);
    return () => {
      left.length = 0;
      cancelAnimationFrame(frame);
    };
  }, [chart, timestamp, columns, breaks, indicators, theme, whenReleased]);
  return panes;
}

/** The series of `indicator`; one with a scale of its own has a new pane below all others. */
function addIndicator(
  chart: IChartApi,
  { scale, plots, levels, bounds }: DrawnIndicator,
  volumeScale: string,
): DrawnPlot[] {
  const pane = scale === "own" ? chart.panes().length : 0;
  const added = plots.map((plot): DrawnPlot => {
    const options = {
      ...lookOf(plot),
      ...(scale === "volume" ? { priceScaleId: volumeScale } : {}),
      ...(bounds === null ? {} : { autoscaleInfoProvider: () => ({ priceRange: bounds }) }),
    };
    const series =
      plot.look === "histogram"
        ? chart.addSeries(HistogramSeries, options, pane)
        : chart.addSeries(LineSeries, options, pane);
    return { plot, series, drawn: NO_COLUMN };
  });
  for (const price of levels) {
    added[0]?.series.createPriceLine({
      price,
      color: cssColour("--line-strong"),
      lineWidth: 1,
      lineStyle: LineStyle.Dotted,
      axisLabelVisible: false,
    });
  }
  if (pane > 0) {
    // A new pane begins with what was set of the prices' own, a log scale too.
    const mode = PriceScaleMode.Normal;
    added[0]?.series.priceScale().applyOptions({ mode, scaleMargins: PANE_MARGINS });
    chart.panes()[pane]?.setStretchFactor(PANE_SHARE);
  }
  return added;
}

function panesOf(
  indicators: readonly DrawnIndicator[],
  added: readonly (readonly DrawnPlot[])[],
): IndicatorPanes {
  return new Map(
    indicators.flatMap(({ text, scale }, index) => {
      const pane = added[index]?.[0]?.series.getPane();
      return scale === "own" && pane !== undefined ? [[text, pane] as const] : [];
    }),
  );
}

function lookOf({ look, colour }: Plot) {
  return {
    color: cssColour(colour),
    lineWidth: look === "line" ? (2 as const) : (1 as const),
    lineStyle: look === "dashed" ? LineStyle.Dashed : LineStyle.Solid,
    priceLineVisible: false,
    lastValueVisible: false,
    crosshairMarkerVisible: false,
  };
}

/** Gives the chart what of the column is not drawn yet. */
function give(one: DrawnPlot, column: PlotColumn, breaks: ReadonlySet<number>): void {
  const from = changedFrom(one.drawn, column);
  const isBars = one.plot.look === "histogram";
  const plain = pointsOf(column, isBars ? new Set() : breaks, from ?? 0);
  const points = isBars ? plain.map(barOf) : plain;
  if (from === null) {
    one.series.setData(points);
  } else {
    for (const point of points) {
      one.series.update(point);
    }
  }
  one.drawn = column;
}

/** Bars below zero are told apart by their colour, beside their place. */
function barOf<Point extends { readonly value?: number }>(point: Point) {
  return point.value === undefined
    ? point
    : { ...point, color: cssColour(point.value < 0 ? "--candle-down" : "--candle-up") };
}
