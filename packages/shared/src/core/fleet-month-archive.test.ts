import * as fc from "fast-check";
import { expect, test } from "vitest";
import { boundaryOf } from "./archive-plan.ts";
import { ArchivedFleet, archiveTime } from "./fleet-month-archive.ts";
import { newTally } from "./ledger.ts";
import type { Series } from "./series.ts";
import { countCandles, openTimeAtOrAfter, type Timeframe } from "./timeframe.ts";

const DAY_SECONDS = 86_400;
const START = Date.UTC(2026, 0, 1) / 1_000;

function seriesOf(timeframe: Timeframe): Series {
  return { source: "binance", symbol: "BTC-USDT", timeframe };
}

test("a simulated archive takes each candle once, and what it has not taken is hot", () => {
  const timeframe = fc.constantFrom<Timeframe[]>("1m", "15m", "1h", "4h", "1d");
  fc.assert(
    fc.property(timeframe, fc.integer({ min: 1, max: 90 }), fc.nat(40), (of, days, hotDays) => {
      const archived = new ArchivedFleet([seriesOf(of)], START, hotDays);
      const first = openTimeAtOrAfter(boundaryOf(of, START, hotDays), of);
      const tally = newTally();
      for (let day = 0; day < days; day += 1) {
        archived.day(archiveTime(START + day * DAY_SECONDS), tally);
      }
      const end = START + days * DAY_SECONDS;
      expect(tally.inserted + archived.hotCandles(end)).toBe(countCandles(first, end, of));
      expect(archived.hotCandles(end)).toBeGreaterThanOrEqual(
        countCandles(end - hotDays * DAY_SECONDS, end, of),
      );
      // A row for each candle, and five or fewer for each run, six for each file that was replaced.
      expect(tally.rows_written).toBeLessThanOrEqual(tally.inserted + 7 * tally.runs + days);
      expect(tally.steps).toBe(4 * tally.runs);
    }),
  );
});

test("minutes are archived each day, and what they replace goes the day after", () => {
  const series = Array.from({ length: 500 }, (_, index) => ({
    ...seriesOf("1m"),
    symbol: `T${index}-USDT`,
  }));
  const archived = new ArchivedFleet(series, START, 20);
  const left: number[] = [];
  for (let day = 0; day < 6; day += 1) {
    archived.day(archiveTime(START + day * DAY_SECONDS), newTally());
    left.push(archived.replaced);
  }
  // Nothing is old enough on the first day; on the second nothing is replaced.
  expect(left).toEqual([0, 0, 500, 500, 500, 500]);
});
