import {
  CandlestickSeries,
  createChartEx,
  CrosshairMode,
  HistogramSeries,
  PriceScaleMode,
  type IChartApi,
  type ISeriesApi,
  type Time,
} from "lightweight-charts";
import { readColors, withAlpha, type ChartColors } from "./chart-colors.ts";
import type { PriceScale } from "./price-scale.ts";
import { createZoneBehavior } from "./zone-behavior.ts";
import { formatCrosshairTime } from "./zone-text.ts";

/** The chart on its canvas, with its candles and their volume. */
export interface Plot {
  readonly chart: IChartApi;
  readonly candles: ISeriesApi<"Candlestick">;
  readonly volume: ISeriesApi<"Histogram">;
  readonly colors: ChartColors;
}

/** Two candles a pixel are as many as can be told apart; beyond that a longer timeframe says more. */
export const BAR_PIXELS_MIN = 0.5;

/** Candles of the room that is left free at the newest candle. */
const RIGHT_OFFSET = 4;

/** Lines behind the candles are there for who looks for them. */
const GRID_ALPHA = 0.45;

/** The lowest part of the pane is that of the volume, and candles end above it. */
const VOLUME_PART = 0.18;
const CANDLES_BOTTOM = VOLUME_PART + 0.04;

/** Room over the legend and below it, CSS pixels, and the most of the pane that all of it takes. */
const LEGEND_GAP = 20;
const LEGEND_PART_MAX = 0.4;

/** An empty chart in `element`, whose time scale is that of the IANA zone `timeZone`. */
export function createPlot(element: HTMLElement, timeZone: string): Plot {
  const colors = readColors(element);
  const chart = createChartEx<Time, ReturnType<typeof createZoneBehavior>>(
    element,
    createZoneBehavior(timeZone),
    {
      autoSize: true,
      layout: { attributionLogo: false, fontFamily: getComputedStyle(element).fontFamily },
      crosshair: { mode: CrosshairMode.Normal },
      // A finger that moves up or down scrolls the page: on a phone the chart fills it.
      handleScroll: { vertTouchDrag: false },
      localization: {
        dateFormat: "yyyy-MM-dd",
        timeFormatter: (time: Time) => formatCrosshairTime(Number(time), timeZone),
      },
      timeScale: {
        rightOffset: RIGHT_OFFSET,
        minBarSpacing: BAR_PIXELS_MIN,
        timeVisible: true,
        secondsVisible: false,
      },
    },
  );
  const candles = chart.addSeries(CandlestickSeries, { borderVisible: true });
  const volume = chart.addSeries(HistogramSeries, {
    priceScaleId: "volume",
    priceFormat: { type: "volume" },
    priceLineVisible: false,
    lastValueVisible: false,
  });
  candles.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: CANDLES_BOTTOM } });
  volume.priceScale().applyOptions({ scaleMargins: { top: 1 - VOLUME_PART, bottom: 0 } });
  const plot = { chart, candles, volume, colors };
  return paintPlot(plot, element);
}

/** `plot` in the colours of the theme that is shown now. Bars of volume get theirs with their data. */
export function paintPlot(plot: Plot, element: HTMLElement): Plot {
  const colors = readColors(element);
  const { chart, candles } = plot;
  const fontSize = Math.round(parseFloat(getComputedStyle(element).fontSize) * 0.85);
  const grid = withAlpha(colors.line, GRID_ALPHA);
  chart.applyOptions({
    layout: {
      background: { color: colors.surface },
      textColor: colors.textQuiet,
      fontSize,
      panes: { separatorColor: colors.line, separatorHoverColor: colors.line },
    },
    grid: { vertLines: { color: grid }, horzLines: { color: grid } },
    crosshair: {
      vertLine: { color: colors.lineStrong, labelBackgroundColor: colors.labelBack },
      horzLine: { color: colors.lineStrong, labelBackgroundColor: colors.labelBack },
    },
    timeScale: { borderColor: colors.line },
    rightPriceScale: { borderColor: colors.line },
  });
  candles.applyOptions({
    upColor: colors.up,
    downColor: colors.down,
    borderUpColor: colors.up,
    borderDownColor: colors.down,
    wickUpColor: colors.up,
    wickDownColor: colors.down,
  });
  return { ...plot, colors };
}

/** Has the candles begin below a legend of `pixels`. */
export function setLegendHeight({ chart, candles }: Plot, pixels: number): void {
  const height = chart.panes()[0]?.getHeight() ?? 0;
  const top = height === 0 ? 0 : Math.min(LEGEND_PART_MAX, (pixels + LEGEND_GAP) / height);
  candles.priceScale().applyOptions({ scaleMargins: { top, bottom: CANDLES_BOTTOM } });
}

/** Has what is equally high be equal differences of prices, equal ratios, or parts of the first one seen. */
export function setScale({ candles }: Plot, scale: PriceScale): void {
  candles.priceScale().applyOptions({ mode: SCALE_MODES[scale] });
}

const SCALE_MODES = {
  plain: PriceScaleMode.Normal,
  log: PriceScaleMode.Logarithmic,
  percent: PriceScaleMode.Percentage,
} as const satisfies Record<PriceScale, PriceScaleMode>;
