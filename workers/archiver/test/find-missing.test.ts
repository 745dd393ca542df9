import { env } from "cloudflare:workers";
import type { Candle } from "@candlehouse/shared/core/candle";
import { ArchiveDamagedError } from "@candlehouse/shared/core/errors";
import { findRuns } from "@candlehouse/shared/core/missing";
import type { Series } from "@candlehouse/shared/core/series";
import { findMissing, readHeldTimes } from "@candlehouse/shared/coverage/find-missing";
import * as fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { archivePartition } from "../src/archive-partition.ts";
import { archiveCandles } from "./archiver-at.ts";
import {
  candleAt,
  candlesAt,
  contextAt,
  OCTOBER,
  putHot,
  seriesOf,
  stepsOf,
  TODAY,
} from "./warehouse.ts";

const stores = { db: env.DB, bucket: env.BUCKET };
const DAY = 86_400;

function minute(index: number): number {
  return OCTOBER + index * 60;
}

describe("findMissing", () => {
  test("finds what neither hot rows nor files hold, over the border between the two", async () => {
    const series = seriesOf("BORDER");
    // Days 0 to 19 of October leave the hot window; day 20 stays.
    const candles = candlesAt(0, 21 * 1_440).filter(
      ({ trades }) => trades !== 500 && trades !== 20 * 1_440 + 7 && !inHole(Number(trades)),
    );
    await archiveCandles(series, candles);
    const missing = await findMissing(stores, series, { from: OCTOBER, to: OCTOBER + 21 * DAY });
    expect(missing).toEqual([
      { start: minute(500), end: minute(501) },
      { start: minute(5_000), end: minute(9_000) },
      { start: minute(20 * 1_440 + 7), end: minute(20 * 1_440 + 8) },
    ]);
  });

  test("reads nothing of R2 where the manifest says that the days are full", async () => {
    const series = seriesOf("FULL");
    await archiveCandles(series, candlesAt(0, 20 * 1_440));
    const get = vi.spyOn(env.BUCKET, "get");
    const missing = await findMissing(stores, series, { from: OCTOBER, to: OCTOBER + 20 * DAY });
    const reads = get.mock.calls.length;
    get.mockRestore();
    expect([missing, reads]).toEqual([[], 0]);
  });

  test("counts a late hot row of an archived day as held", async () => {
    const series = seriesOf("LATE");
    await archiveCandles(
      series,
      candlesAt(0, 1_440).filter(({ trades }) => trades !== 30),
    );
    await putHot(series, [candleAt(30)]);
    expect(await findMissing(stores, series, { from: OCTOBER, to: OCTOBER + DAY })).toEqual([]);
  });

  test("of a series of which nothing is held finds the whole range", async () => {
    const range = { from: OCTOBER, to: OCTOBER + 2 * DAY };
    expect(await findMissing(stores, seriesOf("NOTHING"), range)).toEqual([
      { start: OCTOBER, end: OCTOBER + 2 * DAY },
    ]);
  });

  test("says that a file is damaged instead of calling its candles missing", async () => {
    const series = seriesOf("DAMAGED");
    await archiveCandles(series, candlesAt(0, 1_000));
    const { objects } = await env.BUCKET.list({
      prefix: "candles/source=binance/symbol=DAMAGED-USDT",
    });
    for (const { key } of objects) {
      const bytes = new Uint8Array((await (await env.BUCKET.get(key))?.arrayBuffer()) ?? []);
      bytes[100] = (bytes[100] ?? 0) ^ 255;
      await env.BUCKET.put(key, bytes);
    }
    await expect(
      findMissing(stores, series, { from: OCTOBER, to: OCTOBER + DAY }),
    ).rejects.toBeInstanceOf(ArchiveDamagedError);
  });

  test("finds what the held times leave out, wherever candles lie and whatever is asked", async () => {
    let number = 0;
    const holding = fc.uniqueArray(fc.nat(5 * 24 * 60), { maxLength: 400, size: "max" });
    const bound = fc.integer({ min: -2_000, max: 6 * 1_440 });
    await fc.assert(
      fc.asyncProperty(holding, holding, bound, bound, async (cold, late, a, b) => {
        number += 1;
        const series = seriesOf(`P${number}`);
        const held = new Set([...cold, ...late]);
        await hold(
          series,
          cold,
          [...late].filter((index) => !cold.includes(index)),
        );
        const range = { from: minute(Math.min(a, b)), to: minute(Math.max(a, b) + 1) };
        const times = [...held].map(minute).toSorted((x, y) => x - y);
        expect(await findMissing(stores, series, range)).toEqual(findRuns(times, range, "1m"));
        expect([...(await readHeldTimes(stores, series, range))]).toEqual(
          times.filter((time) => time >= range.from && time < range.to),
        );
      }),
      { numRuns: 25 },
    );
  });
});

function inHole(index: number): boolean {
  return index >= 5_000 && index < 9_000;
}

/** Archives the candles `cold` and leaves `late` hot. */
async function hold(series: Series, cold: readonly number[], late: readonly number[]) {
  await putHot(series, candlesOf(cold));
  if (cold.length > 0) {
    const until = OCTOBER + 20 * DAY;
    await archivePartition(contextAt(TODAY), { series, partition: "2026-10", until }, stepsOf());
  }
  await putHot(series, candlesOf(late));
}

function candlesOf(indexes: readonly number[]): Candle[] {
  return indexes.toSorted((x, y) => x - y).map((index) => candleAt(index));
}
