import type { Candle } from "@candlehouse/shared/core/candle";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { addCandles } from "@candlehouse/shared/core/timeframe";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { oneSeriesSchema } from "../src/answer-schemas.ts";
import { get, read, textOf } from "./answers.ts";
import { clearCandles, putFiles } from "./archive.ts";
import { candleAt, storeCandles } from "./candle-rows.ts";

/** Twelve candles a file: a few dozen of them make many files. */
const MONTHS: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1M" };
const START = Date.UTC(2000, 0, 1) / 1_000;
const SLOTS = 300;
const PATH = `/v1/candles?series=${formatSeries(MONTHS)}`;

function timeOf(slot: number): number {
  return addCandles(START, "1M", slot);
}

/** Cold candles close at 27,505.5; a hot one of the same time closes otherwise. */
const cold = (slot: number) => candleAt(timeOf(slot));
const hot = (slot: number) => candleAt(timeOf(slot), { close: 27_501 });

const slots = fc.uniqueArray(fc.integer({ min: 0, max: SLOTS - 1 }), { maxLength: SLOTS });

/** Which candles are hot and which are cold: scattered, or an old part and a new one. */
const split = fc.oneof(
  fc.record({ hot: slots, cold: slots }),
  fc
    .record({
      all: slots,
      boundary: fc.integer({ min: 0, max: SLOTS }),
      overlap: fc.integer({ min: 0, max: 40 }),
    })
    .map(({ all, boundary, overlap }) => ({
      hot: all.filter((slot) => slot >= boundary),
      cold: all.filter((slot) => slot < boundary + overlap),
    })),
);

async function store(parts: { hot: number[]; cold: number[] }): Promise<Candle[]> {
  await clearCandles();
  const [hotSlots, coldSlots] = [parts.hot, parts.cold].map((list) =>
    list.toSorted((a, b) => a - b),
  );
  await storeCandles(MONTHS, (hotSlots ?? []).map(hot));
  await putFiles(MONTHS, (coldSlots ?? []).map(cold));
  const merged = new Map((hotSlots ?? []).map((slot) => [slot, hot(slot)]));
  for (const slot of coldSlots ?? []) {
    merged.set(slot, cold(slot));
  }
  return [...merged.values()].toSorted((a, b) => a.timestamp - b.timestamp);
}

describe("any split of candles into hot and cold", () => {
  test("answers what a plain array would, whatever the range, the limit and the order", async () => {
    const property = fc.asyncProperty(
      split,
      fc.integer({ min: 0, max: SLOTS }),
      fc.integer({ min: 1, max: SLOTS }),
      fc.integer({ min: 1, max: 120 }),
      async (parts, from, length, limit) => {
        const all = await store(parts);
        fc.pre(all.length > 0);
        const [start, end] = [timeOf(from), timeOf(from + length)];
        const inRange = all.filter(({ timestamp }) => timestamp >= start && timestamp < end);

        const pages: unknown[] = [];
        let cursor = "";
        do {
          const range = `${PATH}&start=${start}&end=${end}&limit=${limit}${cursor}`;
          const page = await read(range, oneSeriesSchema);
          expect(page.candles.length).toBeLessThanOrEqual(limit);
          pages.push(...page.candles);
          cursor = page.next_cursor === null ? "" : `&cursor=${page.next_cursor}`;
        } while (cursor !== "");
        expect(pages).toEqual(inRange);

        const newest = await read(`${PATH}&end=${end}&limit=${limit}`, oneSeriesSchema);
        const before = all.filter(({ timestamp }) => timestamp < end);
        expect(newest.candles).toEqual(before.slice(-limit));

        const lines = await textOf(await get(`${PATH}&start=${start}&end=${end}&format=ndjson`));
        const objects = lines.split("\n").slice(0, -1);
        expect(objects.map((line) => JSON.parse(line))).toEqual(
          inRange.map((candle) => ({ ...MONTHS, ...candle })),
        );
      },
    );
    await fc.assert(property, { numRuns: 40 });
  }, 30_000);
});
