import { parseIndicators } from "@candlehouse/shared/core/indicator";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { startIndicators } from "./compute-indicators.ts";

const START = Date.UTC(2026, 0, 1) / 1_000;
const HOUR = 3_600;

/** Prices that wander, each candle with a volume. */
function candlesOf(count: number, seed = 1): ServedCandle[] {
  let state = seed;
  let close = 100;
  return Array.from({ length: count }, (_, index) => {
    state = (state * 48_271) % 2_147_483_647;
    const open = close;
    close = Math.round(close * (1 + ((state % 2_001) - 1_000) / 50_000) * 100) / 100;
    return {
      timestamp: START + index * HOUR,
      open,
      high: Math.max(open, close) + 0.5,
      low: Math.min(open, close) - 0.25,
      close,
      volume_from: (state % 500) / 10,
      volume_to: null,
      trades: null,
    };
  });
}

function valuesOf(text: string, candles: readonly ServedCandle[], timeframe: Timeframe = "1h") {
  const compute = startIndicators(parseIndicators(text), timeframe);
  return candles.map((candle) => compute(candle));
}

const closes = (candles: readonly ServedCandle[]) => candles.map(({ close }) => Number(close));
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** An average of which each value takes the part `weight`, begun with the first one. */
function smoothed(values: readonly number[], weight: number, first = values[0] ?? 0): number[] {
  let average = first;
  return values.map((value) => (average += (value - average) * weight));
}

/** As Wilder has it: begun with the mean of the first `window` values. */
function wilder(values: readonly number[], window: number): (number | null)[] {
  const start = mean(values.slice(0, window));
  const later = smoothed(values.slice(window), 1 / window, start);
  return [...values.slice(0, window - 1).map(() => null), start, ...later];
}

function expectClose(
  found: readonly (number | null | undefined)[],
  expected: readonly (number | null)[],
) {
  expect(found.map((value) => value === null)).toEqual(expected.map((value) => value === null));
  for (const [index, value] of expected.entries()) {
    const difference = Math.abs((found[index] ?? 0) - (value ?? 0));
    expect(difference).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(value ?? 0)));
  }
}

describe("indicators equal what their definitions say", () => {
  const candles = candlesOf(300);
  const prices = closes(candles);
  const column = (text: string, place = 0) =>
    valuesOf(text, candles).map((values) => values[place]);

  test("sma is the mean of the last closes, null before there are enough", () => {
    const expected = prices.map((_, index) =>
      index < 4 ? null : mean(prices.slice(index - 4, index + 1)),
    );
    expectClose(column("sma:5"), expected);
  });

  test("ema takes 2 parts in N + 1 of each close", () => {
    const expected = smoothed(prices, 2 / 11).map((value, index) => (index < 9 ? null : value));
    expectClose(column("ema:10"), expected);
  });

  test("rsi compares Wilder's averages of gains and of losses", () => {
    const changes = prices.slice(1).map((price, index) => price - (prices[index] ?? 0));
    const gains = wilder(
      changes.map((change) => Math.max(change, 0)),
      14,
    );
    const losses = wilder(
      changes.map((change) => Math.max(-change, 0)),
      14,
    );
    const expected = gains.map((gain, index) => {
      const loss = losses[index] ?? null;
      return gain === null || loss === null ? null : 100 - 100 / (1 + gain / loss);
    });
    expectClose(column("rsi:14"), [null, ...expected]);
  });

  test("macd is the fast average less the slow one, its signal the average of that", () => {
    const fast = smoothed(prices, 2 / 13);
    const slow = smoothed(prices, 2 / 27);
    const line = fast.map((value, index) => value - (slow[index] ?? 0));
    const signal = smoothed(line.slice(25), 2 / 10);
    const from = (first: number, values: readonly number[], offset = 0) =>
      prices.map((_, index) => (index < first ? null : (values[index - offset] ?? null)));
    expectClose(column("macd:12:26:9", 0), from(25, line));
    expectClose(column("macd:12:26:9", 1), from(33, signal, 25));
    const histogram = prices.map((_, index) => (line[index] ?? 0) - (signal[index - 25] ?? 0));
    expectClose(column("macd:12:26:9", 2), from(33, histogram));
  });

  test("bollinger lies K deviations of the last closes around their mean", () => {
    for (const [place, sign] of [
      [0, -1],
      [1, 0],
      [2, 1],
    ] as const) {
      const expected = prices.map((_, index) => {
        const last = prices.slice(index - 19, index + 1);
        const middle = mean(last);
        const deviation = Math.sqrt(mean(last.map((price) => (price - middle) ** 2)));
        return index < 19 ? null : middle + sign * 2.5 * deviation;
      });
      expectClose(column("bollinger:20:2.5", place), expected);
    }
  });

  test("atr is Wilder's average of the true range", () => {
    const ranges = candles.map(({ high, low }, index) => {
      const before = prices[index - 1];
      const [top, bottom] = [Number(high), Number(low)];
      return before === undefined ? top - bottom : Math.max(top, before) - Math.min(bottom, before);
    });
    expectClose(column("atr:14"), wilder(ranges, 14));
  });

  test("vwap weighs typical prices by volume since the day began, or since the month did", () => {
    for (const [timeframe, seconds, start] of [
      ["1h", HOUR, (time: number) => Math.floor(time / 86_400)],
      ["1d", 24 * HOUR, (time: number) => new Date(time * 1_000).toISOString().slice(0, 7)],
    ] as const) {
      const spread = candles.map((candle, index) => ({
        ...candle,
        timestamp: START + index * seconds,
      }));
      const expected = spread.map(({ timestamp }, index) => {
        const since = spread
          .slice(0, index + 1)
          .filter((one) => start(one.timestamp) === start(timestamp));
        const volume = since.reduce((sum, one) => sum + Number(one.volume_from), 0);
        const worth = since.reduce(
          (sum, one) =>
            sum +
            (Number(one.volume_from) * (Number(one.high) + Number(one.low) + Number(one.close))) /
              3,
          0,
        );
        return worth / volume;
      });
      expectClose(
        valuesOf("vwap", spread, timeframe).map(([value]) => value),
        expected,
      );
    }
  });

  test("volume_sma is the mean of the last volumes in base currency", () => {
    const volumes = candles.map(({ volume_from }) => Number(volume_from));
    const expected = volumes.map((_, index) =>
      index < 2 ? null : mean(volumes.slice(index - 2, index + 1)),
    );
    expectClose(column("volume_sma:3"), expected);
  });
});

describe("a volume that is not known", () => {
  const candles = candlesOf(30).map((candle, index) =>
    index === 5 ? { ...candle, volume_from: null } : candle,
  );

  test("leaves vwap unknown until the next day begins", () => {
    const known = valuesOf("vwap", candles).map(([value]) => value !== null);
    expect(known).toEqual(candles.map((_, index) => index < 5 || index >= 24));
  });

  test("leaves volume_sma unknown while it is in the window", () => {
    const known = valuesOf("volume_sma:3", candles).map(([value]) => value !== null);
    expect(known).toEqual(candles.map((_, index) => (index >= 2 && index < 5) || index >= 8));
  });
});

test("vwap is null while nothing was traded since the day began", () => {
  const candles = candlesOf(26).map((candle, index) =>
    index < 3 || index === 24 ? { ...candle, volume_from: 0 } : candle,
  );
  const known = valuesOf("vwap", candles).map(([value]) => value !== null);
  expect(known).toEqual(candles.map((_, index) => index >= 3 && index !== 24));
});

test("rsi stays what it was while closes do not change, however long", () => {
  const moving = candlesOf(40);
  const last = moving.at(-1);
  const quiet = Array.from({ length: 20_000 }, (_, index) => ({
    ...(last ?? moving[0]),
    timestamp: START + (40 + index) * HOUR,
  })) as ServedCandle[];
  const values = valuesOf("rsi:14", [...moving, ...quiet]).map(([value]) => value);
  expect(values[39]).toBeGreaterThan(0);
  expect(new Set(values.slice(39))).toEqual(new Set([values[39]]));
});

test("after the warm-up, values do not depend on what was before it", () => {
  const indicators = "sma:7,ema:9,rsi:5,macd:4:9:3,bollinger:6:2,atr:5,vwap,volume_sma:4";
  const parsed = parseIndicators(indicators);
  const warmUp = Math.max(...parsed.map((one) => one.warmUp("1h")));
  const candles = candlesOf(warmUp + 400, 7);
  const all = valuesOf(indicators, candles);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 398 }), (from) => {
      const values = valuesOf(indicators, candles.slice(from));
      const after = from + warmUp;
      for (let index = after; index < candles.length; index += 1) {
        expectClose(values[index - from] ?? [], all[index] ?? []);
      }
    }),
    { numRuns: 20 },
  );
});
