import { signal, type ReadonlySignal } from "@preact/signals";
import { NO_CANDLES, placeOf, sliceColumns, type CandleColumns } from "./candle-columns.ts";
import type { WindowContent } from "./candle-window.ts";
import type { LoadedCandles } from "./chart-place.ts";
import { paintPlot, type Plot } from "./create-plot.ts";
import { keepView, timestampOf } from "./keep-view.ts";
import { candlePoints, volumePoints } from "./plot-candles.ts";
import { isContinued, UPDATED_CANDLES_MAX, type Part } from "./plotted-part.ts";
import { priceDigits } from "./price-digits.ts";

export const NOTHING: LoadedCandles = { ...NO_CANDLES, timestamp: [], isComplete: false };

/** A chart of more candles than this ends at its first one. */
const FIXED_CANDLES_MIN = 500;

/** The candles that a plot was given: a part of those that are loaded. */
export class PlottedCandles {
  readonly loaded: ReadonlySignal<LoadedCandles>;
  /** Digits of its prices behind the point. */
  readonly digits: ReadonlySignal<number>;

  readonly #loaded = signal<LoadedCandles>(NOTHING);
  readonly #digits = signal(-1);
  readonly #element: HTMLElement;
  #plot: Plot;
  #part: Part = { from: 0, to: 0 };
  #isGiving = false;
  #isNow = true;
  #isAtBegin = false;

  constructor(plot: Plot, element: HTMLElement) {
    this.#plot = plot;
    this.#element = element;
    this.loaded = this.#loaded;
    this.digits = this.#digits;
  }

  /** Where the first candle that the plot has is among those that were loaded. */
  get from(): number {
    return this.#part.from;
  }

  /** How many candles the plot has. */
  get count(): number {
    return this.#part.to - this.#part.from;
  }

  /** Points that are given move what is seen, until it is put back where it was. */
  get isGiving(): boolean {
    return this.#isGiving;
  }

  /** Gives the plot `part` of what is loaded. */
  give(content: WindowContent, part: Part): void {
    const { candles, volume, colors } = this.#plot;
    this.#isGiving = true;
    candles.setData(candlePoints(content.columns, part.from, part.to, colors));
    volume.setData(volumePoints(content.columns, part.from, part.to, colors));
    const precision = priceDigits(content.columns.close.slice(part.from, part.to));
    if (precision !== this.#digits.peek()) {
      this.#digits.value = precision;
      candles.applyOptions({
        priceFormat: { type: "price", precision, minMove: 10 ** -precision },
      });
    }
    this.#publish(content, part);
    this.#isGiving = false;
  }

  /** The same, so that what is seen stays where it is. */
  giveInPlace(content: WindowContent, part: Part): void {
    const { chart } = this.#plot;
    const visible = chart.timeScale().getVisibleRange();
    const anchor = Number(visible?.to ?? content.columns.timestamp.at(-1) ?? 0);
    this.#isGiving = true;
    keepView(chart, anchor, () => this.give(content, part));
    this.#isGiving = false;
  }

  /** Takes all candles from the plot. */
  clear(): void {
    this.#isGiving = true;
    this.#plot.candles.setData([]);
    this.#plot.volume.setData([]);
    this.#part = { from: 0, to: 0 };
    this.#loaded.value = NOTHING;
    this.#isGiving = false;
  }

  /** Whether `update` is enough for `part` of what is loaded. */
  canUpdate({ columns }: WindowContent, { from }: Part): boolean {
    return isContinued(this.#loaded.peek().timestamp, columns.timestamp, from);
  }

  /** Gives the plot those of the last candles of `part` that have changed, and those behind them. */
  update(content: WindowContent, part: Part): void {
    const { candles, volume, colors } = this.#plot;
    const { columns } = content;
    const given = this.#loaded.peek();
    const last = given.timestamp.at(-1) ?? -Infinity;
    for (
      let place = Math.max(part.from, part.to - UPDATED_CANDLES_MAX);
      place < part.to;
      place += 1
    ) {
      if (!isGiven(given, place - part.from, columns, place)) {
        const isHistorical = (columns.timestamp[place] ?? 0) < last;
        for (const point of candlePoints(columns, place, place + 1, colors)) {
          candles.update(point, isHistorical);
        }
        for (const point of volumePoints(columns, place, place + 1, colors)) {
          volume.update(point, isHistorical);
        }
      }
    }
    this.#publish(content, part);
  }

  /** Gives all anew in the colours of the theme. */
  repaint(content: WindowContent | null): void {
    this.#plot = paintPlot(this.#plot, this.#element);
    if (content !== null) {
      this.giveInPlace(content, this.partIn(content));
    }
  }

  /** Where the plotted candles are by now: pages may have come before them, and a few new ones behind. */
  partIn({ columns: { timestamp } }: WindowContent): Part {
    const given = this.#loaded.peek().timestamp;
    const from = placeOf(timestamp, given[0] ?? Infinity);
    const behind = placeOf(timestamp, (given.at(-1) ?? Infinity) + 1);
    const to = timestamp.length - behind < UPDATED_CANDLES_MAX ? timestamp.length : behind;
    return { from, to };
  }

  /** The line at the last price has the colour of its candle, which is drawn hollow while it is open. */
  #tintPriceLine({ open, close }: CandleColumns): void {
    const { candles, colors } = this.#plot;
    const priceLineColor = (close.at(-1) ?? 0) >= (open.at(-1) ?? 0) ? colors.up : colors.down;
    if (candles.options().priceLineColor !== priceLineColor) {
      candles.applyOptions({ priceLineColor });
    }
  }

  #publish({ columns, range }: WindowContent, part: Part): void {
    this.#part = part;
    const given = sliceColumns(columns, part.from, part.to);
    const isComplete = range.isComplete && part.from === 0;
    this.#loaded.value = {
      ...given,
      timestamp: given.timestamp.map((seconds) => timestampOf(seconds)),
      isComplete,
    };
    // Nobody gets lost where nothing is; beside a few candles there may be room.
    const isAtBegin = isComplete && part.to > FIXED_CANDLES_MIN;
    if (isAtBegin !== this.#isAtBegin) {
      this.#isAtBegin = isAtBegin;
      this.#plot.chart.timeScale().applyOptions({ fixLeftEdge: isAtBegin });
    }
    this.#tintPriceLine(given);
    // A line at the last price says what it is now; where the chart ends in the past it says nothing.
    const isNow = range.isNewest && part.to === columns.timestamp.length;
    if (isNow !== this.#isNow) {
      this.#isNow = isNow;
      this.#plot.candles.applyOptions({ priceLineVisible: isNow, lastValueVisible: isNow });
    }
  }
}

/** Whether the plot has the candle at `place` of `columns` as it is there. */
function isGiven(given: CandleColumns, at: number, columns: CandleColumns, place: number): boolean {
  return (
    given.timestamp[at] === columns.timestamp[place] &&
    given.open[at] === columns.open[place] &&
    given.high[at] === columns.high[place] &&
    given.low[at] === columns.low[place] &&
    given.close[at] === columns.close[place] &&
    given.volume[at] === columns.volume[place] &&
    given.closed[at] === columns.closed[place]
  );
}
