import {
  EVERY_MINUTE,
  everyMs,
  MINUTE_MS,
  nameOf,
  openTimeFrom,
  openTimeOf,
  shiftOpenTime,
  type Grid,
} from "../interval.ts";
import { joinCandles, openedAt, type Candle } from "./candle.ts";
import type { Market } from "./catalogue.ts";
import { partOf } from "./open-candle.ts";
import { createDaySources } from "./day-sources.ts";
import type { RandomPath } from "./random-path.ts";
import type { Recordings } from "./recordings.ts";
import { rollUp, rollUpRange } from "./rollup.ts";
import { spanWithout, type Span } from "./span.ts";

const MINUTE_NAME = nameOf(EVERY_MINUTE);

/** Which candles are wanted: open times from `fromMs` up to, without, `toMs`, as seen at `nowMs`. */
export interface CandleRange {
  readonly market: Market;
  readonly grid: Grid;
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
  /** Whole minutes that do not exist; a candle of which they are a part is made of the others. */
  readonly absent?: readonly Span[];
}

/** Every candle of every market: recorded where there is a recording, random elsewhere. */
export interface MarketData {
  /**
   * The candles of the range, oldest first, absent ones absent. The last one is still open where the
   * range reaches `nowMs`: it then has what traded until `nowMs`. Nothing opens after `nowMs`.
   */
  candles(range: CandleRange): Candle[];
}

export function createMarketData(
  seed: number,
  path: RandomPath,
  recordings: Recordings | undefined,
): MarketData {
  const daysOf = createDaySources(seed, path, recordings);

  function hasMinutes(market: Market, timeMs: number): boolean {
    return recordings?.candlesOf(market, EVERY_MINUTE, timeMs) !== undefined;
  }

  function candleAt(range: CandleRange, openMs: number, nextMs: number): Candle | undefined {
    const absent = (range.absent ?? []).filter(
      ({ startMs, endMs }) => startMs < nextMs && endMs > openMs,
    );
    if (absent.length === 0) {
      return wholeCandleAt(range, openMs, nextMs);
    }
    // Made of minutes, also where the candle itself is recorded: nobody recorded what is left of it.
    const parts = spanWithout({ startMs: openMs, endMs: nextMs }, absent)
      .filter(({ startMs }) => startMs <= range.nowMs)
      .map(({ startMs, endMs }) =>
        wholeCandleAt({ ...range, grid: everyMs(endMs - startMs, startMs) }, startMs, endMs),
      );
    const joined = rollUp(parts.filter((part) => part !== undefined));
    return joined && openedAt(joined, openMs);
  }

  function wholeCandleAt(range: CandleRange, openMs: number, nextMs: number): Candle | undefined {
    const { market, grid, nowMs } = range;
    const own =
      nameOf(grid) === MINUTE_NAME ? undefined : recordings?.candlesOf(market, grid, openMs);
    const isOpen = nextMs > nowMs;
    // An open candle is made of its minutes where they are recorded too: they say when it turned.
    if (own !== undefined && !(isOpen && hasMinutes(market, openMs) && hasMinutes(market, nowMs))) {
      const recorded = own.get(openMs);
      return (
        recorded && partOf(recorded, (nowMs - openMs) / (nextMs - openMs), market.priceDecimals)
      );
    }
    const source = daysOf(market);
    if (!isOpen) {
      return rollUpRange(source, openMs, nextMs);
    }
    const minuteMs = openTimeOf(EVERY_MINUTE, nowMs);
    const closed = rollUpRange(source, openMs, minuteMs);
    const minute = rollUpRange(source, minuteMs, minuteMs + MINUTE_MS);
    const part = minute && partOf(minute, (nowMs - minuteMs) / MINUTE_MS, market.priceDecimals);
    const seen = part?.trades === 0 && market.quietMinutes === "absent" ? undefined : part;
    if (closed === undefined || seen === undefined) {
      return closed ?? (seen && openedAt(seen, openMs));
    }
    return joinCandles(closed, seen);
  }

  return {
    candles(range) {
      const { grid, market } = range;
      const candles: Candle[] = [];
      const firstMs = Math.max(range.fromMs, openTimeOf(grid, market.listedMs));
      let openMs = openTimeFrom(grid, firstMs);
      while (openMs < range.toMs && openMs <= range.nowMs) {
        const nextMs = shiftOpenTime(grid, openMs, 1);
        const candle = candleAt(range, openMs, nextMs);
        if (candle !== undefined) {
          candles.push(candle);
        }
        openMs = nextMs;
      }
      return candles;
    },
  };
}
