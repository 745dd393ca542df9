import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CandleRow } from "./candle.ts";
import { findContradiction, planStore, type SentCandles } from "./store-plan.ts";

function candle(minute: number, close = 5, symbol = "BTC-USDT"): CandleRow {
  return [symbol, "1m", minute * 60, 1, 9, 1, close, null, null, null];
}

function sent(sentAtMs: number, ...candles: CandleRow[]): SentCandles {
  return { source: "binance", sentAtMs, candles };
}

describe("planStore", () => {
  test("stores each candle once, with its source and the time it was sent", () => {
    const plan = planStore([sent(7, candle(1), candle(2)), sent(8, candle(2), candle(3))]);
    expect(plan).toEqual({
      candles: 4,
      unique: [
        { source: "binance", candle: candle(1), sentAtMs: 7 },
        { source: "binance", candle: candle(2), sentAtMs: 7 },
        { source: "binance", candle: candle(3), sentAtMs: 8 },
      ],
      restated: [],
    });
  });

  test("tells candles apart by source, symbol, timeframe and timestamp", () => {
    const hourly: CandleRow = ["BTC-USDT", "1h", 60, 1, 9, 1, 5, null, null, null];
    const plan = planStore([
      sent(1, candle(1), candle(2), candle(1, 5, "ETH-USDT"), hourly),
      { source: "kraken", sentAtMs: 1, candles: [candle(1)] },
    ]);
    expect(plan.unique).toHaveLength(5);
  });

  test("stores what was sent first, in whatever order it came", () => {
    const plan = planStore([sent(9, candle(1, 6)), sent(8, candle(1, 5))]);
    expect(plan.unique).toEqual([{ source: "binance", candle: candle(1, 5), sentAtMs: 8 }]);
    expect(plan.restated).toEqual([[{ source: "binance", candle: candle(1, 6), sentAtMs: 9 }]]);
  });

  test("judges each restatement after the one before it, also the way back", () => {
    const plan = planStore([1, 2, 3, 4].map((at) => sent(at, candle(1, at % 2), candle(at + 1))));
    expect(plan.restated.map((rows) => rows.map(({ sentAtMs }) => sentAtMs))).toEqual([
      [2],
      [3],
      [4],
    ]);
  });

  test("has nothing to store where nothing was sent", () => {
    expect(planStore([])).toEqual({ candles: 0, unique: [], restated: [] });
  });

  test("makes the same plan of the same messages in any order and delivered twice", () => {
    const candles = fc
      .array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 3 })), {
        maxLength: 4,
      })
      .map((pairs) => pairs.map(([minute, close]) => candle(minute, close)));
    const messages = fc.array(candles, { maxLength: 8 }).chain((lists) => {
      const all = lists.map((list, index) => sent(index, ...list));
      return fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }));
    });
    fc.assert(
      fc.property(messages, ([inOrder, shuffled]) => {
        const contradictory = inOrder.some(({ candles: list }) => findContradiction(list));
        fc.pre(!contradictory);
        const plan = planStore(inOrder);
        expect(planStore(shuffled)).toEqual(plan);
        const twice = planStore([...shuffled, ...inOrder]);
        expect(twice.unique).toEqual(plan.unique);
        expect(twice.restated).toEqual(plan.restated);
        const keys = plan.unique.map(({ source, candle: one }) =>
          [source, ...one.slice(0, 3)].join(" "),
        );
        expect(new Set(keys).size).toBe(keys.length);
      }),
    );
  });
});

describe("findContradiction", () => {
  test("finds a candle that stands twice with different values", () => {
    expect(findContradiction([candle(1, 5), candle(2), candle(1, 6)])).toContain("stands twice");
  });

  test("finds none where a candle stands twice with the same values, or in two series", () => {
    expect(findContradiction([candle(1), candle(1)])).toBeUndefined();
    expect(findContradiction([candle(1, 5), candle(1, 6, "ETH-USDT")])).toBeUndefined();
  });
});
