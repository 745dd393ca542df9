import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Candle } from "./candle.ts";
import { columnsOf, sliceColumns } from "./candle-columns.ts";
import { startRollUp } from "./rollup-columns.ts";
import { rollUp } from "./rollup.ts";

const START = Date.UTC(2026, 0, 1) / 1_000;

const volume = fc.option(
  fc.oneof(
    fc.integer({ min: 0, max: 1_000_000 }).map((value) => value / 1_000),
    fc.constantFrom("1234567890.123456789", "0.0000000000000000001234567890123456"),
    fc.constantFrom(1e-19, 123_456_789.125),
  ),
);

const candles = fc
  .uniqueArray(
    fc.record({
      minute: fc.integer({ min: 0, max: 400 }),
      price: fc.integer({ min: 1, max: 1_000_000 }).map((value) => value / 100),
      volume_from: volume,
      volume_to: volume,
      trades: fc.option(fc.nat({ max: 1_000 })),
    }),
    { maxLength: 60, selector: ({ minute }) => minute },
  )
  .map((list) =>
    list
      .toSorted((a, b) => a.minute - b.minute)
      .map(({ minute, price, ...rest }): Candle => {
        const prices = { open: price, high: price + 1, low: price / 2, close: price + 0.5 };
        return { timestamp: START + minute * 60, ...prices, ...rest };
      }),
  );

describe("columnsOf", () => {
  test("rolls up, whole or in slices, to what the candles roll up to", () => {
    fc.assert(
      fc.property(candles, fc.array(fc.integer({ min: 0, max: 400 })), (list, cuts) => {
        const columns = columnsOf(list);
        const edges = [0, ...cuts.toSorted((a, b) => a - b), 401].map(
          (minute) => START + minute * 60,
        );
        const rolling = startRollUp("1m", "30m");
        const taken = edges.slice(1).flatMap((to, index) => {
          rolling.add(sliceColumns(columns, { from: edges[index] ?? to, to }));
          return rolling.takeFinished();
        });
        expect([...taken, ...rolling.candles]).toEqual(rollUp(list, "1m", "30m"));
      }),
    );
  });

  test("copies no number that a slice shares", () => {
    const columns = columnsOf([0, 60, 120].map((seconds) => candleAt(START + seconds)));
    const slice = sliceColumns(columns, { from: START + 1, to: START + 120 });
    expect([...slice.timestamps]).toEqual([START + 60]);
    expect(slice.timestamps.buffer).toBe(columns.timestamps.buffer);
    expect(sliceColumns(columns, { from: 0, to: START + 121 })).toBe(columns);
    expect(sliceColumns(columns, { from: START + 200, to: START }).rows).toBe(0);
  });
});

function candleAt(timestamp: number): Candle {
  const prices = { open: 2, high: 3, low: 1, close: 2 };
  return { timestamp, ...prices, volume_from: 1, volume_to: 2, trades: 3 };
}
