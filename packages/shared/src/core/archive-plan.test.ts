import { assert, constantFrom, integer, nat, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  boundaryOf,
  hotBoundary,
  planArchive,
  type ArchivePlanInput,
  type HotRange,
} from "./archive-plan.ts";
import { partitionEnd, partitionStart } from "./partition.ts";
import type { Series } from "./series.ts";
import { TIMEFRAMES, type Timeframe } from "./timeframe.ts";

const DAY = 86_400;
const NOW = Date.UTC(2026, 10, 22, 2, 17) / 1_000;

function day(month: number, date: number): number {
  return Date.UTC(2026, month - 1, date) / 1_000;
}

function seriesOf(timeframe: Timeframe): Series {
  return { source: "binance", symbol: "BTC-USDT", timeframe };
}

function plan(timeframe: Timeframe, oldest: number, input: Partial<ArchivePlanInput> = {}) {
  const hot: HotRange[] = [{ series: seriesOf(timeframe), oldest, newest: NOW - DAY }];
  return planArchive({ hot, nowSeconds: NOW, hotDays: 20, everything: false, ...input }).map(
    ({ partition, from, until }) => ({ partition, from, until }),
  );
}

describe("the archive's plan", () => {
  test("keeps the days of the hot window and today in D1", () => {
    expect(hotBoundary(NOW, 20)).toBe(day(11, 2));
    expect(hotBoundary(day(11, 22), 20)).toBe(day(11, 2));
    expect(hotBoundary(day(11, 22) - 1, 20)).toBe(day(11, 1));
  });

  test("takes the one day that has aged since yesterday", () => {
    expect(plan("1m", day(11, 1))).toEqual([
      { partition: "2026-11", from: day(11, 1), until: day(11, 2) },
    ]);
  });

  test("takes nothing where nothing has aged", () => {
    expect(plan("1m", day(11, 2))).toEqual([]);
    expect(plan("1m", day(11, 2), { everything: true })).toEqual([]);
  });

  test("divides what has aged by partitions, months of small timeframes and years of larger ones", () => {
    expect(plan("1m", day(9, 30))).toEqual([
      { partition: "2026-09", from: day(9, 30), until: day(10, 1) },
      { partition: "2026-10", from: day(10, 1), until: day(11, 1) },
      { partition: "2026-11", from: day(11, 1), until: day(11, 2) },
    ]);
    expect(plan("15m", Date.UTC(2025, 11, 31) / 1_000)).toEqual([
      { partition: "2025", from: Date.UTC(2025, 11, 31) / 1_000, until: day(1, 1) },
      { partition: "2026", from: day(1, 1), until: day(11, 2) },
    ]);
  });

  test("ends where the hot candles of a stretch end", () => {
    const hot = [{ series: seriesOf("1m"), oldest: day(9, 30), newest: day(10, 1) }];
    const due = planArchive({ hot, nowSeconds: NOW, hotDays: 20, everything: false });
    expect(due.map(({ partition }) => partition)).toEqual(["2026-09", "2026-10"]);
  });

  test.each<[Timeframe, number]>([
    ["1m", 1],
    ["30m", 1],
    ["1h", 7],
    ["4h", 7],
    ["6h", 30],
    ["1d", 30],
  ])("of a day lets candles of %s wait until %i days are archived together", (timeframe, days) => {
    const boundary = day(11, 2);
    const until = { partition: expect.any(String), until: boundary };
    expect(plan(timeframe, boundary - days * DAY).at(-1)).toMatchObject(until);
    expect(plan(timeframe, boundary - (days - 1) * DAY).at(-1)).toBeUndefined();
    const everything = plan(timeframe, boundary - DAY, { everything: true });
    expect(everything).toEqual([
      { partition: expect.any(String), from: boundary - DAY, until: boundary },
    ]);
  });

  test("keeps four candles of weeks and months, which close later than the hot window is long", () => {
    expect(boundaryOf("1d", NOW, 20)).toBe(day(11, 2));
    expect(boundaryOf("1w", NOW, 20)).toBe(day(10, 25));
    expect(boundaryOf("1M", NOW, 20)).toBe(day(11, 22) - 124 * DAY);
  });

  test("takes every aged candle once, and no hot one, whatever the series hold", () => {
    const ranges = record({
      timeframe: constantFrom(...TIMEFRAMES),
      oldest: integer({ min: day(1, 1) - 400 * DAY, max: NOW }),
      length: nat({ max: 500 * DAY }),
    });
    assert(
      property(ranges, integer({ min: 1, max: 90 }), (range, hotDays) => {
        const { timeframe, oldest, length } = range;
        const hot = [{ series: seriesOf(timeframe), oldest, newest: oldest + length }];
        const due = planArchive({ hot, nowSeconds: NOW, hotDays, everything: true });
        const boundary = boundaryOf(timeframe, NOW, hotDays);
        let from = oldest;
        for (const part of due) {
          expect(part.from).toBe(from);
          expect(part.until).toBeGreaterThan(part.from);
          expect(part.from).toBeGreaterThanOrEqual(partitionStart(part.partition));
          expect(part.until).toBeLessThanOrEqual(partitionEnd(part.partition));
          from = part.until;
        }
        expect(from).toBeLessThanOrEqual(Math.max(boundary, oldest));
        expect(from).toBeGreaterThanOrEqual(Math.min(oldest + length + 1, boundary));
      }),
    );
  });
});
