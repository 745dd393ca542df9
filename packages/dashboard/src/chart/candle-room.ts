import { BAR_PIXELS_MIN } from "./create-plot.ts";
import type { View } from "./view-goal.ts";

/** Width of a candle where the reader has not chosen one: a part of the height of text. */
const CANDLE_PART = 0.48;

/** Candles that there is room for on the narrowest screen. */
const ROOM_MIN = 50;

/** How many candles `element` has room for at the usual width. */
function usualCount(element: HTMLElement): number {
  const pixels = parseFloat(getComputedStyle(element).fontSize) * CANDLE_PART;
  return Math.max(ROOM_MIN, Math.floor(element.clientWidth / pixels));
}

/** How many where they are as narrow as can be. */
export function mostCandles({ clientWidth }: HTMLElement): number {
  return Math.max(ROOM_MIN, Math.floor(clientWidth / BAR_PIXELS_MIN));
}

/** How many of `view` are shown in `element`; of a range, how many around it are shown at most. */
export function countIn(element: HTMLElement, { range, count }: View): number {
  const usual = usualCount(element);
  return range === null ? Math.min(mostCandles(element), count ?? usual) : usual;
}
