import { batch, effect, signal, untracked, type ReadonlySignal } from "@preact/signals";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import { now } from "../shell/clock.ts";
import { placeOf } from "./candle-columns.ts";
import { countIn, mostCandles } from "./candle-room.ts";
import type { CandleWindow, WindowContent } from "./candle-window.ts";
import type { TimeRange } from "./chart-place.ts";
import { ChartMotion } from "./chart-motion.ts";
import type { Plot } from "./create-plot.ts";
import { fitRange } from "./fit-range.ts";
import { lookAt, type Seen } from "./look-at.ts";
import { PlottedCandles } from "./plotted-candles.ts";
import { isEnough, isTooMuch, partAround, type Part } from "./plotted-part.ts";
import { RangeAim } from "./range-aim.ts";
import { isReached, logicalRangeOf, placesOfView, type View } from "./view-goal.ts";

/** What moves is asked for so often, and told once it has rested for so long. Milliseconds. */
const ASK_MS = 80;
const REST_MS = 250;

/** For so long the candles before stay on the plot until others come, milliseconds. */
const LEAVE_MS = 300;

/**
 * Shows what a window has loaded on a plot, and asks the window for what is looked at. The plot is
 * given the part that is seen and some around it.
 */
export class ChartDriver {
  readonly plotted: PlottedCandles;
  /** What is seen, once it rests; null before there is anything. */
  readonly seen: ReadonlySignal<Seen | null>;

  /** Whose candles the plot has, in which timeframe: `binance:BTC-USDT:1m 1h`. */
  readonly whose: ReadonlySignal<string>;

  /** The range that was gone for and holds no candle, though there are some elsewhere; else null. */
  readonly missed: ReadonlySignal<TimeRange | null>;

  readonly #whose = signal("");
  readonly #missed = signal<TimeRange | null>(null);
  readonly #seen = signal<Seen | null>(null);
  readonly #element: HTMLElement;
  readonly #plot: Plot;
  readonly #motion: ChartMotion;
  #window: CandleWindow | null = null;
  #opened = "";
  #timeframe: Timeframe = "1m";
  #content: WindowContent | null = null;
  #goal: View | null = null;
  #wasMoved = false;
  /** At the range that was gone for last. */
  #aim: RangeAim | null = null;
  #stop: () => void = () => undefined;
  /** Whether more has changed than what comes behind. */
  #isDue = false;
  #leaving: ReturnType<typeof setTimeout> | undefined;
  #asking: ReturnType<typeof setTimeout> | undefined;
  #resting: ReturnType<typeof setTimeout> | undefined;

  constructor(plot: Plot, element: HTMLElement) {
    this.#plot = plot;
    this.#element = element;
    this.plotted = new PlottedCandles(plot, element);
    this.seen = this.#seen;
    this.whose = this.#whose;
    this.missed = this.#missed;
    this.#motion = new ChartMotion(element, () => {
      if (this.#content !== null && this.#goal === null) {
        this.#refresh(this.#content);
      }
    });
    plot.chart.timeScale().subscribeVisibleLogicalRangeChange(this.#onMove);
  }

  /** Whether the reader has moved the chart since it was last sent somewhere. */
  get wasMoved(): boolean {
    return this.#wasMoved;
  }

  /** Says that the reader moves the chart. */
  noteMove(): void {
    this.#wasMoved = true;
    this.#missed.value = null;
  }

  /**
   * Shows `view` of `window`, the candles of `whose`, as soon as it is loaded. Those of another are
   * left on the plot for a moment only: nobody is to take them for these.
   */
  open(window: CandleWindow, whose: string, timeframe: Timeframe, view: View): void {
    this.#stop();
    this.#stop = () => undefined;
    this.#opened = whose;
    clearTimeout(this.#leaving);
    if (whose !== this.#whose.peek()) {
      this.#leaving = setTimeout(() => this.plotted.clear(), LEAVE_MS);
    }
    this.#window = window;
    this.#timeframe = timeframe;
    this.#content = null;
    this.go(view);
    this.#stop = effect(() => {
      const content = window.content.value;
      if (content !== null) {
        untracked(() => this.#take(content));
      }
    });
  }

  /** Moves to `view`, which is loaded for that where it is not. */
  go({ range, count }: View): void {
    const fit = range && fitRange(range, this.#timeframe, mostCandles(this.#element), now.peek());
    const view: View = { range: fit, count };
    this.#goal = view;
    this.#aim = null;
    this.#wasMoved = false;
    this.#window?.show({ range: view.range, count: countIn(this.#element, view) });
    if (this.#content !== null) {
      this.#take(this.#content);
    }
  }

  /** Draws all anew in the colours of the theme. */
  repaint(): void {
    this.plotted.repaint(this.#content);
  }

  /** What is seen now; null while there is nothing. */
  look(): Seen | null {
    const { timestamp } = this.plotted.loaded.peek();
    const sight = lookAt(this.#plot.chart, timestamp, this.#timeframe);
    const newest = this.#content?.columns.timestamp.at(-1);
    const isNewest = this.#content?.range.isNewest === true && timestamp.at(-1) === newest;
    return sight === null ? null : { ...sight, isAtNewest: sight.isAtLast && isNewest };
  }

  close(): void {
    this.#stop();
    this.#motion.close();
    clearTimeout(this.#leaving);
    clearTimeout(this.#asking);
    clearTimeout(this.#resting);
    this.#plot.chart.timeScale().unsubscribeVisibleLogicalRangeChange(this.#onMove);
  }

  #take(content: WindowContent): void {
    const before = this.#content;
    this.#content = content;
    if (this.#goal !== null) {
      if (isReached(this.#goal, content.range)) {
        this.#reach(this.#goal, content);
      }
      return;
    }
    this.#isDue ||= before?.version !== content.version;
    this.#refresh(content);
  }

  /** Gives the plot what of `content` it lacks for what is seen. */
  #refresh(content: WindowContent): void {
    const { length } = content.columns.timestamp;
    const part = this.plotted.partIn(content);
    const seen = this.#placesIn(content);
    const isAnew = this.#isDue || !this.plotted.canUpdate(content, part);
    if (this.#motion.isMoving) {
      // Older ones alone: all that is drawn keeps its distance from the newest point of the plot.
      if (!isAnew && !isEnough({ ...part, to: length }, seen, length)) {
        const { from } = partAround(seen, length);
        this.plotted.giveInPlace(content, { from, to: part.from + this.plotted.count });
      }
      return;
    }
    this.#isDue = false;
    if (isAnew || !isEnough(part, seen, length) || isTooMuch(part, seen, length)) {
      this.plotted.giveInPlace(content, partAround(seen, length));
    } else {
      this.plotted.update(content, part);
    }
  }

  /** Shows what was gone for. */
  #reach(goal: View, content: WindowContent): void {
    const { timestamp } = content.columns;
    const count = countIn(this.#element, goal);
    const { seen, isMissed } = placesOfView(goal, timestamp, count);
    this.#missed.value = isMissed ? goal.range : null;
    clearTimeout(this.#leaving);
    batch(() => {
      if (this.#whose.peek() !== this.#opened) {
        this.#whose.value = this.#opened;
        this.#seen.value = null;
      }
      this.plotted.give(content, partAround(seen, timestamp.length));
    });
    this.#goal = null;
    this.#isDue = false;
    if (goal.range !== null && !isMissed) {
      this.#aim = new RangeAim(this.#plot.chart, goal.range, this.#timeframe);
    }
    const scale = this.#plot.chart.timeScale();
    const { rightOffset } = scale.options();
    const from = seen.from - this.plotted.from;
    const to = seen.to - this.plotted.from;
    scale.setVisibleLogicalRange(logicalRangeOf(goal, { from, to }, rightOffset));
    this.#rest();
  }

  #placesIn({ columns: { timestamp } }: WindowContent): Part {
    const seen = this.look();
    return seen === null
      ? { from: timestamp.length, to: timestamp.length }
      : { from: placeOf(timestamp, seen.start), to: placeOf(timestamp, seen.end) };
  }

  readonly #onMove = (): void => {
    const content = this.#content;
    if (content === null || this.#goal !== null || this.plotted.isGiving) {
      return;
    }
    this.#motion.noteStep();
    const { length } = content.columns.timestamp;
    if (!isEnough(this.plotted.partIn(content), this.#placesIn(content), length)) {
      this.#refresh(content);
    }
    this.#asking ??= setTimeout(() => {
      this.#asking = undefined;
      const seen = this.look();
      if (seen !== null && this.#goal === null) {
        this.#window?.show({ range: seen.isAtNewest ? null : seen, count: seen.count });
      }
    }, ASK_MS);
    this.#rest();
  };

  #rest(): void {
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => {
      this.#aim?.adjust(this.look(), this.#wasMoved);
      this.#seen.value = this.look();
    }, REST_MS);
  }
}
