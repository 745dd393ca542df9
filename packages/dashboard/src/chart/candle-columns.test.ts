import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addTold,
  columnsIn,
  joinColumns,
  NO_CANDLES,
  placeOf,
  replaceRange,
  sliceColumns,
  type CandleColumns,
} from "./candle-columns.ts";

/** Candles at `times`, each with its own time as its values. */
function candlesAt(times: readonly number[], indicator?: string): CandleColumns {
  return {
    timestamp: times,
    open: times,
    high: times,
    low: times,
    close: times,
    volume: times,
    trades: times,
    missing: times.map(() => 0),
    closed: times.map(() => true),
    indicators: indicator === undefined ? {} : { [indicator]: times },
  };
}

const ascending = fc
  .uniqueArray(fc.integer({ min: 0, max: 1_000 }), { maxLength: 60 })
  .map((times) => times.toSorted((a, b) => a - b));

describe("columns of candles", () => {
  it("are found by their time as if each was looked at", () => {
    fc.assert(
      fc.property(ascending, fc.integer({ min: -1, max: 1_001 }), (times, seconds) => {
        expect(placeOf(times, seconds)).toBe(times.filter((time) => time < seconds).length);
      }),
    );
  });

  it("are the same after they were cut anywhere and joined again", () => {
    fc.assert(
      fc.property(ascending, fc.nat(60), (times, cut) => {
        const columns = candlesAt(times, "sma_20");
        const parts = [sliceColumns(columns, 0, cut), sliceColumns(columns, cut, times.length)];
        expect(parts.reduce((before, after) => joinColumns(before, after), NO_CANDLES)).toEqual(
          columns,
        );
      }),
    );
  });

  it("have what a range holds by now, and all else as it was", () => {
    fc.assert(
      fc.property(ascending, ascending, fc.nat(1_000), fc.nat(1_000), (times, others, a, b) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        const isInside = (time: number) => time >= start && time < end;
        const page = candlesAt(others.filter((time) => isInside(time)));
        const { timestamp } = replaceRange(candlesAt(times), page, start, end);
        const expected = [...times.filter((time) => !isInside(time)), ...page.timestamp].toSorted(
          (one, other) => one - other,
        );
        expect(timestamp).toEqual(expected);
      }),
    );
  });

  it("have null for an indicator where it was not asked for", () => {
    const joined = joinColumns(candlesAt([1, 2]), candlesAt([3], "rsi_14"));
    expect(joined.indicators).toEqual({ rsi_14: [null, null, 3] });
  });

  it("count as stored and closed where the answer says nothing else", () => {
    const columns = columnsIn({
      timestamp: [60],
      open: [1],
      high: [2],
      low: [0.5],
      close: [1.5],
      volume_from: [null],
      volume_to: [null],
      trades: [null],
    });
    expect(columns).toMatchObject({ missing: [0], closed: [true], volume: [null], indicators: {} });
  });
});

describe("bars that are told and not stored", () => {
  const bar = { open: 7, high: 8, low: 6, close: 7.5, volume: null };

  it("stand behind the last closed candle, and are open", () => {
    const shown = addTold(candlesAt([60, 120]), [
      { ...bar, timestamp: 120 },
      { ...bar, timestamp: 180 },
    ]);
    expect(shown.timestamp).toEqual([60, 120, 180]);
    expect(shown.close).toEqual([60, 120, 7.5]);
    expect(shown.closed).toEqual([true, true, false]);
  });

  it("take the place of a candle that is still open", () => {
    const columns = { ...candlesAt([60, 120]), closed: [true, false] };
    const shown = addTold(columns, [{ ...bar, timestamp: 120 }]);
    expect(shown.timestamp).toEqual([60, 120]);
    expect(shown.close).toEqual([60, 7.5]);
  });

  it("are nothing where nothing is stored", () => {
    expect(addTold(NO_CANDLES, [{ ...bar, timestamp: 60 }])).toBe(NO_CANDLES);
  });
});
