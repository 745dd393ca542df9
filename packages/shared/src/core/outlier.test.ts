import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  binanceCandles,
  coinbaseCandles,
  hasRecordings,
  skipReason,
} from "../../test/recordings.ts";
import type { Candle } from "./candle.ts";
import { findOutliers, OUTLIER_CONTEXT_CANDLES, type Outlier } from "./outlier.ts";

const HOUR = 3_600;

/** Hours of a market that wanders by up to two percent an hour around 100, by a seed. */
function wander(count: number, seed = 1): Candle[] {
  let [state, close] = [seed, 100];
  const next = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  return Array.from({ length: count }, (_, index) => {
    const open = close;
    close = open * (1 + (next() - 0.5) * 0.04);
    return {
      timestamp: index * HOUR,
      open,
      high: Math.max(open, close) * (1 + next() * 0.005),
      low: Math.min(open, close) * (1 - next() * 0.005),
      close,
      volume_from: 1,
      volume_to: close,
      trades: 1,
    };
  });
}

function changed(candles: readonly Candle[], index: number, values: Partial<Candle>): Candle[] {
  return candles.map((candle, place) => (place === index ? { ...candle, ...values } : candle));
}

/** What is marked of the hour `index` in `candles`, at a low threshold. */
function marksAt(index: number, candles: readonly Candle[]): Outlier[] {
  return findOutliers(candles, 3).filter(({ timestamp }) => timestamp === index * HOUR);
}

describe("findOutliers", () => {
  test("marks nothing in a market that wanders", () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      expect(findOutliers(wander(500, seed), 10)).toEqual([]);
    }
  });

  test("marks a bad close with its value, what was expected, and how far it is from that", () => {
    const candles = wander(100);
    const low = 40;
    const [first, second, ...others] = findOutliers(changed(candles, 60, { low, close: low }));
    expect(others).toEqual([]);
    expect([first?.field, second?.field]).toEqual(["low", "close"]);
    expect(second).toMatchObject({ timestamp: 60 * HOUR, value: low });
    const around = [57, 58, 59, 61, 62, 63].map((index) => Number(candles[index]?.close));
    expect(second?.expected).toBeGreaterThan(Math.min(...around));
    expect(second?.expected).toBeLessThan(Math.max(...around));
    expect(second?.score).toBeLessThan(-15);
  });

  test("marks a long wick, and says its length as a share of the price", () => {
    const candles = wander(100);
    const high = Number(candles[50]?.high) * 1.5;
    const found = findOutliers(changed(candles, 50, { high }));
    expect(found.map(({ field }) => field)).toEqual(["high", "upper_wick"]);
    expect(found[1]?.value).toBeGreaterThan(0.5);
    expect(found[1]?.expected).toBeLessThan(0.01);
  });

  test("takes a jump to a new level for what it is: all later candles agree with it", () => {
    const jumped = wander(100).map((candle, index) => {
      const factor = index < 50 ? 1 : 1.4;
      const scaled = (price: Candle["open"]): number => Number(price) * factor;
      return {
        ...candle,
        open: scaled(candle.open),
        high: scaled(candle.high),
        low: scaled(candle.low),
        close: scaled(candle.close),
      };
    });
    expect(findOutliers(jumped)).toEqual([]);
  });

  test("marks no small move after a time in which nothing moved", () => {
    const still = wander(100).map((candle) => ({
      ...candle,
      open: 100,
      high: 100,
      low: 100,
      close: 100,
    }));
    expect(findOutliers(changed(still, 60, { high: 101, close: 101 }))).toEqual([]);
    expect(findOutliers(changed(still, 60, { high: 103, close: 103 }))).not.toEqual([]);
  });

  test("leaves filled candles and candles without prices out of account", () => {
    const candles = changed(wander(100), 60, { low: 40, close: 40 });
    const gaps = candles.flatMap((candle) => [
      candle,
      { ...candle, open: null, high: null, low: null, close: null, filled: true },
      { ...candle, open: 1e6, high: 1e6, low: 1e6, close: 1e6, filled: true },
    ]);
    expect(findOutliers(gaps)).toEqual(findOutliers(candles));
  });

  test("says of no candle, and of a single one, nothing", () => {
    expect(findOutliers([])).toEqual([]);
    expect(findOutliers(wander(1), 0.001)).toEqual([]);
  });

  test("says the same of a candle wherever the candles begin and end beyond its context", () => {
    const all = changed(wander(300), 150, { low: 50, close: 50 });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 150 - OUTLIER_CONTEXT_CANDLES }),
        fc.integer({ min: 151 + OUTLIER_CONTEXT_CANDLES, max: 300 }),
        (start, end) => {
          expect(marksAt(150, all.slice(start, end))).toEqual(marksAt(150, all));
        },
      ),
    );
  });
});

describe.skipIf(!hasRecordings)(`recorded candles${skipReason}`, () => {
  test("have the bad prints of Coinbase marked, and few others, each a known event", () => {
    const found = findOutliers(coinbaseCandles());
    const marked = (time: string) =>
      found
        .filter(({ timestamp }) => timestamp === Date.parse(time) / 1_000)
        .map(({ field, value }) => [field, value]);
    expect(marked("2018-04-03T20:00Z")).toEqual([
      ["low", 5200],
      ["close", 5200],
    ]);
    expect(marked("2017-04-15T20:00Z")).toEqual([
      ["open", 0.06],
      ["low", 0.06],
    ]);
    const days = found.map(({ timestamp }) =>
      new Date(timestamp * 1_000).toISOString().slice(0, 10),
    );
    // Flash crashes and spikes, the forks of November 2018, false news of an ETF in October 2023.
    expect([...new Set(days)]).toEqual([
      "2016-06-07",
      "2016-07-09",
      "2016-09-11",
      "2017-03-10",
      "2017-04-15",
      "2018-04-03",
      "2018-10-15",
      "2018-11-14",
      "2019-02-08",
      "2019-04-02",
      "2023-08-17",
      "2023-10-16",
    ]);
  }, 30_000);

  test("have no minute marked in a March of Binance with an outage and a bank run", () => {
    const march = binanceCandles("BTCUSDT-1m", "2023-03-01", "2023-03-31");
    expect(march).toHaveLength(31 * 1_440 - 80);
    expect(findOutliers(march)).toEqual([]);
  }, 30_000);
});
