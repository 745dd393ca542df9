import { addCandles, openTimeOf, TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isShortened, PLACES_OF_GAP_MAX, placesOf, spansOf, type GapRecord } from "./gap-span.ts";

const OUTAGE = { start: 1_679_661_600, end: 1_679_666_400 };

function gapOf(some: Partial<GapRecord>): GapRecord {
  return {
    series: "binance:BTC-USDT:1m",
    source: "binance",
    symbol: "BTC-USDT",
    timeframe: "1m",
    tier: 1,
    ...OUTAGE,
    missing: 80,
    runs: 1,
    class: "source_outage",
    state: "unfillable",
    fillable: false,
    evidence: {
      asked_at: null,
      outcome: null,
      found: null,
      siblings: null,
      first_held: null,
      last_held: null,
      reach_start: null,
      code: null,
      reason: "",
    },
    attempts: 0,
    found_at: 0,
    updated_at: 0,
    ...some,
  };
}

/** Minutes from `start` (inclusive) to `end` (exclusive) without those of `holes`. */
function minutes(start: number, end: number, ...holes: readonly number[]): number[] {
  return Array.from({ length: (end - start) / 60 }, (_, index) => start + index * 60).filter(
    (time) => !holes.includes(time),
  );
}

const AROUND = [
  ...minutes(OUTAGE.start - 600, OUTAGE.start),
  ...minutes(OUTAGE.end, OUTAGE.end + 600),
];

describe("the stretches of gaps", () => {
  test("are where the records say, between the candles that are loaded", () => {
    const gap = gapOf({});
    expect(spansOf([gap], AROUND, "1m")).toEqual([{ gap, ...OUTAGE }]);
    const inside = [...minutes(OUTAGE.start - 60, OUTAGE.start), OUTAGE.start + 1_200];
    expect(spansOf([gap], inside, "1m")).toMatchObject([
      { start: OUTAGE.start, end: OUTAGE.start + 1_200 },
    ]);
  });

  test("of several runs are the holes between the candles", () => {
    const day = { start: 1_679_616_000, end: 1_679_702_400 };
    const holes = [day.start + 600, day.start + 660, day.start + 6_000];
    const gap = gapOf({ start: holes[0] ?? 0, end: (holes[2] ?? 0) + 60, missing: 3, runs: 2 });
    expect(spansOf([gap], minutes(day.start, day.end, ...holes), "1m")).toMatchObject([
      { start: day.start + 600, end: day.start + 720 },
      { start: day.start + 6_000, end: day.start + 6_060 },
    ]);
  });

  test("of several runs cannot be told where candles are rolled up", () => {
    expect(spansOf([gapOf({ runs: 2 })], AROUND, "1h")).toEqual([]);
  });

  test("are none of what is filled by now, nor of what is not loaded", () => {
    expect(spansOf([gapOf({ state: "filled" })], AROUND, "1m")).toEqual([]);
    expect(spansOf([gapOf({})], minutes(0, 600), "1m")).toEqual([]);
    expect(spansOf([gapOf({})], [], "1m")).toEqual([]);
  });
});

const placesIn = (gap: GapRecord, timestamps: readonly number[], timeframe: "1m" | "1h") =>
  placesOf(spansOf([gap], timestamps, timeframe), timestamps, timeframe);

describe("the places of missing candles", () => {
  test("are each missing minute of an outage", () => {
    expect(placesIn(gapOf({}), AROUND, "1m")).toEqual(minutes(OUTAGE.start, OUTAGE.end));
  });

  test("of hours are those that have no candle: an hour with some of its minutes has one", () => {
    const loaded = [1_679_659_200, 1_679_666_400];
    expect(placesIn(gapOf({}), loaded, "1h")).toEqual([1_679_662_800]);
    expect(placesIn(gapOf({}), [1_679_659_200, 1_679_662_800, 1_679_666_400], "1h")).toEqual([]);
  });

  test("are none where nothing was traded", () => {
    expect(placesIn(gapOf({ class: "no_trades" }), AROUND, "1m")).toEqual([]);
  });

  test("of a gap of months are fewer, and it is told that it is shortened", () => {
    const gap = gapOf({ end: OUTAGE.start + 90 * 86_400 });
    const loaded = [OUTAGE.start - 60, gap.end];
    const places = placesIn(gap, loaded, "1m");
    expect(places.length).toBeLessThanOrEqual(PLACES_OF_GAP_MAX);
    expect(places.length).toBeGreaterThan(PLACES_OF_GAP_MAX / 2);
    expect(places[0]).toBe(OUTAGE.start);
    expect(isShortened(gap, "1m")).toBe(true);
    expect(isShortened(gap, "1d")).toBe(false);
  });

  test("lie on the grid, in their gaps, ascending, and where no candle is", () => {
    const timeframe = fc.constantFrom(...TIMEFRAMES);
    const ranges = fc.array(
      fc.record({ at: fc.integer({ min: 1, max: 900 }), long: fc.integer({ min: 1, max: 90 }) }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(timeframe, ranges, (one, list) => {
        const open = (count: number) => addCandles(openTimeOf(OUTAGE.start, one), one, count);
        const gaps = list.map(({ at, long }) =>
          gapOf({ timeframe: one, start: open(at), end: open(at + long) }),
        );
        const loaded = Array.from({ length: 1_000 }, (_, index) => open(index)).filter(
          (time) => !gaps.some(({ start, end }) => time >= start && time < end),
        );
        const places = placesOf(spansOf(gaps, loaded, one), loaded, one);
        const missing = Array.from({ length: 1_000 }, (_, index) => open(index)).filter(
          (time) => !loaded.includes(time) && time < (loaded.at(-1) ?? 0),
        );
        expect(places).toEqual(missing);
      }),
      { numRuns: 30 },
    );
  });
});
