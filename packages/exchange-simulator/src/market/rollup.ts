import { DAY_MS, MINUTE_MS } from "../interval.ts";
import { joinCandles, type Candle } from "./candle.ts";

/** The minutes of one UTC day of one market. Minute numbers run from 0 to 1440. */
export interface DayMinutes {
  /**
   * The minutes from `from` up to, without, `to` rolled up into one candle, that opens with the first of
   * them; undefined when there is none.
   */
  sum(from: number, to: number): Candle | undefined;
}

/** Where the days of a market come from. `day` counts days since 1970-01-01. */
export interface DaySource {
  day(day: number): DayMinutes;
  /** `day(day).sum(0, 1440)`, remembered: long ranges ask for it again and again. */
  wholeDay(day: number): Candle | undefined;
}

/** `candles`, oldest first, rolled up into one that opens with the first of them. */
export function rollUp(candles: readonly Candle[]): Candle | undefined {
  let joined: Candle | undefined;
  for (const candle of candles) {
    joined = joined === undefined ? candle : joinCandles(joined, candle);
  }
  return joined;
}

/** The minutes from `fromMs` up to, without, `toMs` rolled up, both whole minutes; it opens at `fromMs`. */
export function rollUpRange(source: DaySource, fromMs: number, toMs: number): Candle | undefined {
  const parts: Candle[] = [];
  let atMs = fromMs;
  while (atMs < toMs) {
    const day = Math.floor(atMs / DAY_MS);
    const endMs = Math.min(toMs, (day + 1) * DAY_MS);
    const whole = endMs - atMs === DAY_MS;
    const part = whole
      ? source.wholeDay(day)
      : source.day(day).sum(minuteOf(atMs, day), minuteOf(endMs, day));
    if (part !== undefined) {
      parts.push(part);
    }
    atMs = endMs;
  }
  const joined = rollUp(parts);
  if (joined === undefined || toMs - fromMs === MINUTE_MS) {
    return joined;
  }
  // A minute that is alone in its bucket does not lend it its close time.
  const { closeMs: _, ...rolled } = joined;
  return { ...rolled, openMs: fromMs };
}

function minuteOf(timeMs: number, day: number): number {
  return (timeMs - day * DAY_MS) / MINUTE_MS;
}
