import { DAY_MS, EVERY_MINUTE, MINUTE_MS } from "../interval.ts";
import type { Candle } from "./candle.ts";
import type { Market } from "./catalogue.ts";
import { createRandomDays } from "./random-market.ts";
import type { RandomPath } from "./random-path.ts";
import { RecentMap } from "./recent-map.ts";
import type { Recordings } from "./recordings.ts";
import { rollUp, type DayMinutes, type DaySource } from "./rollup.ts";

/** A random day takes about 75 kB. */
const DAYS_HELD = 1500;
const WHOLE_DAYS_HELD = 200_000;

/** The minutes of every market, day by day: a day is recorded or random, and kept while it is in use. */
export function createDaySources(
  seed: number,
  path: RandomPath,
  recordings: Recordings | undefined,
): (market: Market) => DaySource {
  const random = createRandomDays(seed, path);
  const days = new RecentMap<string, DayMinutes>(DAYS_HELD);
  const wholeDays = new RecentMap<string, { readonly candle: Candle | undefined }>(WHOLE_DAYS_HELD);

  function recordedDay(market: Market, day: number): DayMinutes | undefined {
    const recorded = recordings?.candlesOf(market, EVERY_MINUTE, day * DAY_MS);
    return recorded && minutesOf(day, recorded);
  }

  function wholeDay(market: Market, day: number): Candle | undefined {
    // Long buckets reach back before the listing: those days need not be drawn.
    if ((day + 1) * DAY_MS <= market.listedMs) {
      return undefined;
    }
    const recorded = recordedDay(market, day);
    return recorded === undefined
      ? random.wholeDay(market, day)
      : recorded.sum(0, DAY_MS / MINUTE_MS);
  }

  return (market) => ({
    day: (day) =>
      days.getOrMake(
        `${market.source}/${market.symbol}/${day}`,
        () => recordedDay(market, day) ?? random.day(market, day),
      ),
    wholeDay: (day) =>
      wholeDays.getOrMake(`${market.source}/${market.symbol}/${day}`, () => ({
        candle: wholeDay(market, day),
      })).candle,
  });
}

/** A day of recorded minutes. `recorded` may hold more than that day, by open time. */
function minutesOf(day: number, recorded: ReadonlyMap<number, Candle>): DayMinutes {
  return {
    sum(from, to) {
      const candles: Candle[] = [];
      for (let minute = from; minute < to; minute += 1) {
        const candle = recorded.get(day * DAY_MS + minute * MINUTE_MS);
        if (candle !== undefined) {
          candles.push(candle);
        }
      }
      return rollUp(candles);
    },
  };
}
