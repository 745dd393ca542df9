import { assert, constantFrom, integer, property, record, tuple, array, boolean } from "fast-check";
import { describe, expect, test } from "vitest";
import type { Candle } from "./candle.ts";
import { makeOpenCandles, openCandlesAnswer, type SourceCandle } from "./open-candle.ts";
import { rollUp } from "./rollup.ts";

/** 2023-11-14 22:00 UTC: an hour, and so the first of twelve candles of five minutes. */
const HOUR = 1_699_999_200;
const NOW = HOUR + 7 * 60 + 30;

function minute(index: number, values: Partial<Candle> = {}): Candle {
  const price = 100 + index;
  return {
    timestamp: HOUR + index * 60,
    open: price,
    high: price + 0.5,
    low: price - 0.5,
    close: price + 0.25,
    volume_from: 0.1,
    volume_to: 10.01,
    trades: 3,
    ...values,
  };
}

function told(index: number, closed: boolean, values: Partial<Candle> = {}): SourceCandle {
  return { ...minute(index, values), closed };
}

describe("open candles", () => {
  test("are what the source tells, where it tells them in the timeframe asked for", () => {
    const candles = [told(6, true), told(7, false)];
    expect(makeOpenCandles([], candles, { from: "1m", to: "1m" }, NOW)).toEqual(candles);
  });

  test("are made of stored candles and what the source tells beyond them", () => {
    const stored = [minute(5), minute(6)];
    const made = makeOpenCandles(stored, [told(7, false)], { from: "1m", to: "5m" }, NOW);
    expect(made).toEqual([
      {
        timestamp: HOUR + 300,
        open: 105,
        high: 107.5,
        low: 104.5,
        close: 107.25,
        volume_from: 0.3,
        volume_to: 30.03,
        trades: 9,
        missing: 2,
        closed: false,
      },
    ]);
  });

  test("keep what is stored where the source tells something else", () => {
    const other = told(6, true, { close: 1, low: 1 });
    const made = makeOpenCandles([minute(5), minute(6)], [other], { from: "1m", to: "5m" }, NOW);
    expect(made).toMatchObject([{ close: 106.25, low: 104.5, missing: 3 }]);
  });

  test("are closed once their interval is over and each part of them is", () => {
    const at = HOUR + 10 * 60 + 2;
    const stored = [5, 6, 7, 8].map((index) => minute(index));
    const unsettled = [told(9, false), told(10, false)];
    const timeframes = { from: "1m", to: "5m" } as const;
    const closedOf = (parts: readonly SourceCandle[]) =>
      makeOpenCandles(stored, parts, timeframes, at).map(({ closed }) => closed);
    expect(closedOf(unsettled)).toEqual([false, false]);
    expect(closedOf([told(9, true), told(10, false)])).toEqual([true, false]);
  });

  test("equal what all their parts make, however these are divided between storage and source", () => {
    const part = tuple(boolean(), boolean(), integer({ min: 1, max: 900 }));
    const timeframes = constantFrom("5m", "15m", "1h");
    assert(
      property(
        record({ parts: array(part, { maxLength: 60 }), to: timeframes }),
        ({ parts, to }) => {
          const all = parts.map(([, , price], index) =>
            minute(index, { open: price, low: price, high: price, close: price }),
          );
          const stored = all.filter((_, index) => parts[index]?.[0] === true);
          const sourced = all
            .filter((_, index) => parts[index]?.[0] === false || parts[index]?.[1] === true)
            .map((candle) => ({ ...candle, closed: true }));
          const made = makeOpenCandles(stored, sourced, { from: "1m", to }, HOUR + 90_000);
          expect(made).toEqual(
            rollUp(all, "1m", to).map((candle) => ({ ...candle, closed: true })),
          );
        },
      ),
    );
  });
});

describe("what the producer answers", () => {
  test("is read with every digit", () => {
    const candle = told(1, false, { volume_to: "12345678901234567.89", volume_from: null });
    const answer = { series: [{ series: "binance:BTC-USDT:1m", candles: [candle] }] };
    expect(openCandlesAnswer.parse(JSON.parse(JSON.stringify(answer)))).toEqual(answer);
  });

  test("is refused where a value is no decimal", () => {
    const candle = { ...told(1, false), close: "1e3" };
    const answer = { series: [{ series: "binance:BTC-USDT:1m", candles: [candle] }] };
    expect(openCandlesAnswer.safeParse(answer).success).toBe(false);
  });
});
