import type { CandleColumns } from "./candle-columns.ts";
import type { ReadonlySignal } from "@preact/signals";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import type { IChartApi, ISeriesApi, UTCTimestamp } from "lightweight-charts";

/** Unix seconds: inclusive begin, exclusive end. */
export interface TimeRange {
  readonly start: number;
  readonly end: number;
}

/** What the address of the chart says; every member restores what was seen. Times: unix seconds. */
export interface ChartState {
  /** Whose candles: `binance:BTC-USDT:1m`, the stored series. */
  readonly series: string;
  /** Timeframe that they are rolled up to; null where it is that of the series. */
  readonly interval: Timeframe | null;
  /** Inclusive begin and exclusive end of what is seen; null at the newest candle. */
  readonly range: TimeRange | null;
  /** How many candles are seen at the newest one; null where as many as there is room for. */
  readonly count: number | null;
  /** As the API has them: `sma:20`. */
  readonly indicators: readonly string[];
  /** Another series to compare with; null where none is. */
  readonly compare: string | null;
  readonly isLog: boolean;
  readonly showsGaps: boolean;
  readonly showsMarks: boolean;
}

/**
 * The candles that were given to the chart, oldest first, column by column; all columns have the same
 * length. Far more may be loaded than these: what lies screens away is not plotted.
 */
export interface LoadedCandles extends CandleColumns {
  readonly timestamp: readonly UTCTimestamp[];
  /** Nothing older than the first of these is stored. */
  readonly isComplete: boolean;
}

/**
 * The chart on the page, for what is drawn onto it.
 *
 * - A point of the chart's time scale is the open time of a candle in unix seconds, whatever zone it
 *   is told in.
 * - What is drawn onto the chart adds points to the time scale: the missing open times of gaps, so that
 *   an outage is as wide as it was long. So a logical index is no index into `loaded`: ask
 *   `timeScale().timeToIndex` and `coordinateToTime`. Points are added only between loaded candles, and
 *   what is seen stays where it is.
 * - `loaded` changes after the candles were given to the chart; its columns of `indicators` are those
 *   of `state.indicators` once they were answered. What of an address can be asked for, `askableOf`
 *   (overlays/indicator-look.ts) says.
 * - Whoever gives a series other points does it within `keepView` (keep-view.ts), so that what is seen
 *   stays where it is.
 * - Candles and volume are in the first pane; indicators that are no prices have panes below.
 * - The view has `<Overlays>` (with the open time under the crosshair) at the end of its legend (it is legend rows, and cards that place
 *   themselves within `element`), `<OverlayControls>` in its toolbar, `<OverlayLists>` below the chart.
 */
export interface ChartPlace {
  readonly chart: IChartApi;
  readonly candles: ISeriesApi<"Candlestick">;
  /** On a scale of its own at the bottom of the first pane; a mean of volumes is drawn onto it. */
  readonly volume: ISeriesApi<"Histogram">;
  readonly element: HTMLElement;
  /** Timeframe of the candles that are shown. */
  readonly timeframe: Timeframe;
  readonly state: ChartState;
  /** Changes some members of the state, and with them the address. */
  readonly change: (some: Partial<ChartState>) => void;
  /** Loads what is seen anew, where candles may have come that nothing else tells of. */
  readonly readAgain: () => void;
  readonly loaded: ReadonlySignal<LoadedCandles>;
  /** What is seen, some tenths of a second after the last motion; null before anything is loaded. */
  readonly shown: ReadonlySignal<TimeRange | null>;
}
