import type { Signal } from "@preact/signals";
import { placeOf } from "./candle-columns.ts";
import type { ChartDriver } from "./chart-driver.ts";
import type { Plot } from "./create-plot.ts";
import { describeCandle, sentenceOf } from "./legend-text.ts";
import { timestampOf } from "./keep-view.ts";

/** What the keys move. */
export interface KeyTarget {
  readonly plot: Plot;
  readonly driver: ChartDriver;
  /** Open time under the crosshair; null where it is nowhere. */
  readonly pointed: Signal<number | null>;
  /** What a screen reader is told. */
  readonly told: Signal<string>;
  readonly timeZone: string;
}

/** What the keys do, as the chart says it. */
export const KEYS_TEXT =
  "Arrow keys move from candle to candle, with Shift ten at a time; Page Up and Page Down move by a screen; plus and minus zoom; Home goes to the first candle seen, End to the newest one; Escape puts the crosshair away.";

const STEP_CANDLES = 10;
const ZOOM = 1.25;
const BAR_PIXELS_MAX = 60;

/** Part of a screen that Page Up and Page Down move by. */
const PAGE_PART = 0.8;

/** Does what `key` means; false where it means nothing here. */
export function pressKey(target: KeyTarget, key: string, isShifted: boolean): boolean {
  const { plot, driver } = target;
  const step = isShifted ? STEP_CANDLES : 1;
  switch (key) {
    case "ArrowLeft":
      point(target, -step);
      return true;
    case "ArrowRight":
      point(target, step);
      return true;
    case "PageUp":
      pan(plot, -PAGE_PART);
      return true;
    case "PageDown":
      pan(plot, PAGE_PART);
      return true;
    case "+":
    case "=":
      zoom(plot, ZOOM);
      return true;
    case "-":
      zoom(plot, 1 / ZOOM);
      return true;
    case "Home":
      pointAt(target, placeOf(driver.plotted.loaded.peek().timestamp, driver.look()?.start ?? 0));
      return true;
    case "End":
      goToNewest(target);
      return true;
    case "Escape":
      target.pointed.value = null;
      plot.chart.clearCrosshairPosition();
      return true;
    default:
      return false;
  }
}

function goToNewest({ plot, driver, pointed, told }: KeyTarget): void {
  driver.go({ range: null, count: driver.look()?.count ?? null });
  driver.noteMove();
  pointed.value = null;
  plot.chart.clearCrosshairPosition();
  told.value = "At the newest candle.";
}

/** Moves the crosshair by `step` candles; where there is none, it begins at the last one seen. */
function point(target: KeyTarget, step: number): void {
  const { driver, pointed } = target;
  const { timestamp } = driver.plotted.loaded.peek();
  const seen = driver.look();
  const { value: time } = pointed;
  if (time === null) {
    pointAt(target, placeOf(timestamp, seen?.end ?? Infinity) - 1);
  } else {
    pointAt(target, placeOf(timestamp, time) + step);
  }
}

function pointAt({ plot, driver, pointed, told, timeZone }: KeyTarget, wanted: number): void {
  const loaded = driver.plotted.loaded.peek();
  const place = Math.min(loaded.timestamp.length - 1, Math.max(0, wanted));
  const time = loaded.timestamp[place];
  const close = loaded.close[place];
  if (time === undefined || close === undefined) {
    return;
  }
  bringIntoView(plot, time);
  plot.chart.setCrosshairPosition(close, timestampOf(time), plot.candles);
  pointed.value = time;
  const text = describeCandle(loaded, place, { timeZone, digits: driver.plotted.digits.peek() });
  told.value = text === null ? "" : sentenceOf(text);
}

/** Pans as little as it takes that the candle at `time` is seen. */
function bringIntoView({ chart }: Plot, time: number): void {
  const scale = chart.timeScale();
  const index = scale.timeToIndex(timestampOf(time), true);
  const range = scale.getVisibleLogicalRange();
  if (index === null || range === null) {
    return;
  }
  const beyond = Math.min(0, index - 1 - range.from) + Math.max(0, index + 1 - range.to);
  if (beyond !== 0) {
    scale.scrollToPosition(scale.scrollPosition() + beyond, false);
  }
}

function pan({ chart }: Plot, screens: number): void {
  const scale = chart.timeScale();
  const range = scale.getVisibleLogicalRange();
  if (range !== null) {
    scale.scrollToPosition(scale.scrollPosition() + (range.to - range.from) * screens, false);
  }
}

function zoom({ chart }: Plot, factor: number): void {
  const scale = chart.timeScale();
  const { barSpacing, minBarSpacing } = scale.options();
  scale.applyOptions({
    barSpacing: Math.min(BAR_PIXELS_MAX, Math.max(minBarSpacing, barSpacing * factor)),
  });
}
