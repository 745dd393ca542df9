import { assert, constantFrom, nat, property, record, uniqueArray } from "fast-check";
import { describe, expect, test } from "vitest";
import type { Candle } from "./candle.ts";
import { mergeCandles, replaceRevised } from "./merge-candles.ts";

function candleOf(timestamp: number, close: number | string): Candle {
  return {
    timestamp,
    open: 1,
    high: 9,
    low: 1,
    close,
    volume_from: null,
    volume_to: 2,
    trades: 3,
  };
}

/** Candles of few open times and few values, so that two lists often meet. */
const candles = uniqueArray(
  record({
    timestamp: nat({ max: 30 }),
    close: constantFrom(1, 2, "0.1234567890123456"),
  }),
  { selector: ({ timestamp }) => timestamp },
).map((some) =>
  some
    .map(({ timestamp, close }) => candleOf(timestamp * 60, close))
    .toSorted((a, b) => a.timestamp - b.timestamp),
);

describe("merging candles", () => {
  test("keeps every candle that was kept, and adds those whose time is new", () => {
    assert(
      property(candles, candles, (kept, added) => {
        const expected = new Map([...added, ...kept].map((candle) => [candle.timestamp, candle]));
        const merged = mergeCandles(kept, added);
        expect(merged.candles).toEqual(
          [...expected.values()].toSorted((a, b) => a.timestamp - b.timestamp),
        );
        expect(merged.added).toBe(expected.size - kept.length);
      }),
    );
  });

  test("counts every added candle once: as new, as the same, or as differing", () => {
    assert(
      property(candles, candles, (kept, added) => {
        const merged = mergeCandles(kept, added);
        expect(merged.added + merged.same + merged.differing.length).toBe(added.length);
        const stored = new Map(kept.map((candle) => [candle.timestamp, candle]));
        for (const candle of merged.differing) {
          expect(stored.get(candle.timestamp)).not.toEqual(candle);
          expect(added).toContain(candle);
        }
      }),
    );
  });

  test("changes nothing the second time", () => {
    assert(
      property(candles, candles, (kept, added) => {
        const once = mergeCandles(kept, added);
        expect(mergeCandles(once.candles, added)).toEqual({
          candles: once.candles,
          added: 0,
          same: added.length - once.differing.length,
          differing: once.differing,
        });
      }),
    );
  });

  test.each<[string, Partial<Candle>]>([
    ["open", { open: 1.5 }],
    ["high", { high: "9.0000000000000001" }],
    ["low", { low: 0.5 }],
    ["close", { close: 3 }],
    ["volume_from", { volume_from: 0 }],
    ["volume_to", { volume_to: null }],
    ["trades", { trades: 4 }],
  ])("takes another %s for a difference", (_name, change) => {
    const kept = candleOf(60, 2);
    const other = { ...kept, ...change };
    expect(mergeCandles([kept], [other])).toEqual({
      candles: [kept],
      added: 0,
      same: 0,
      differing: [other],
    });
  });
});

describe("replacing revised candles", () => {
  test("takes the values of a revision where there is one, and adds no candle", () => {
    assert(
      property(candles, candles, (stored, revisions) => {
        const revised = new Map(revisions.map((one) => [one.timestamp, one]));
        expect(replaceRevised(stored, revisions)).toEqual(
          stored.map((candle) => revised.get(candle.timestamp) ?? candle),
        );
      }),
    );
    expect(
      replaceRevised([candleOf(60, 1), candleOf(120, 1)], [candleOf(0, 2), candleOf(120, 2)]),
    ).toEqual([candleOf(60, 1), candleOf(120, 2)]);
  });
});
