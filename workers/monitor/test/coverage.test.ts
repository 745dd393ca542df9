import { env } from "cloudflare:workers";
import type { CandleRow } from "@candlehouse/shared/core/candle";
import { dayOf } from "@candlehouse/shared/core/missing";
import { planStore } from "@candlehouse/shared/core/store-plan";
import { measureCompleteness } from "@candlehouse/shared/coverage/measure-completeness";
import { deleteArchived } from "@candlehouse/shared/d1/hot-candles";
import { readHeldDays } from "@candlehouse/shared/d1/read-days";
import { storeCandles } from "@candlehouse/shared/d1/store-candles";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { recordClosedDays } from "../src/count-days.ts";
import { scanPage } from "../src/scan-page.ts";
import {
  answered,
  clearAll,
  collect,
  DAY,
  MINUTE,
  monitorAt,
  NOW,
  putCold,
  putHot,
  seriesOf,
  timesOf,
  TODAY,
} from "./holdings.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);

beforeEach(clearAll);

const BTC = seriesOf("BTC-USDT");
const WHOLE = { start: undefined, end: undefined };

async function coverageRows(): Promise<unknown[]> {
  const { results } = await env.DB.prepare(
    "SELECT symbol, day, candles FROM coverage ORDER BY symbol, day",
  ).all<{ symbol: string; day: number; candles: number }>();
  return results.map(({ symbol, day, candles }) => [symbol, day - dayOf(TODAY), candles]);
}

async function daysHeld(): Promise<unknown[]> {
  const toDay = dayOf(TODAY) + 1;
  const range = { series: BTC, fromDay: 0, toDay, until: toDay * DAY };
  const { rows } = await readHeldDays(env.DB, range);
  return rows.map(({ day, hot, cold }) => [day - dayOf(TODAY), hot, cold]);
}

async function heldOf(range: { start: number | undefined; end: number | undefined } = WHOLE) {
  const { list } = await measureCompleteness(env.DB, {}, range, NOW);
  return list[0]?.held;
}

/** How many candles are missing in the days, and how many of these are explained. */
async function missingOf(start: number, end: number): Promise<unknown[]> {
  const { list } = await measureCompleteness(env.DB, {}, { start, end }, NOW);
  return [list[0]?.missing, list[0]?.explained];
}

function sent(...times: readonly number[]) {
  const candles = times.map((time): CandleRow => ["BTC-USDT", "1m", time, 1, 2, 0.5, 1, 1, 1, 1]);
  return planStore([{ source: "binance", sentAtMs: NOW * 1_000, candles }]);
}

describe("coverage", () => {
  test("is counted once a day is over, of small timeframes, each day once", async () => {
    await putHot(BTC, timesOf(TODAY - 2 * DAY, NOW, [[TODAY - DAY, TODAY - DAY + 600]]));
    await putHot(seriesOf("BTC-USDT", "binance", "1h"), timesOf(TODAY - DAY, TODAY, [], 3_600));
    await recordClosedDays(monitorAt());
    expect(await coverageRows()).toEqual([
      ["BTC-USDT", -2, 1_440],
      ["BTC-USDT", -1, 1_430],
    ]);
    await env.DB.exec("UPDATE coverage SET candles = 7 WHERE candles = 1440");
    await recordClosedDays(monitorAt());
    expect(await coverageRows()).toContainEqual(["BTC-USDT", -2, 7]);
  });

  test("of a day goes with the transaction that stores a late candle, and no other", async () => {
    await putHot(BTC, timesOf(TODAY - 2 * DAY, NOW, [[TODAY - DAY, TODAY - DAY + 600]]));
    await recordClosedDays(monitorAt());
    const today = await storeCandles(env.DB, sent(NOW), NOW);
    expect([today.rowsWritten, (await coverageRows()).length]).toEqual([1, 2]);
    await storeCandles(env.DB, sent(TODAY - DAY, NOW + MINUTE), NOW);
    expect(await coverageRows()).toEqual([["BTC-USDT", -2, 1_440]]);
    expect(await daysHeld()).toContainEqual([-1, 1_431, 0]);
  });

  test("goes too where the late candle comes with one that is known", async () => {
    await putHot(BTC, timesOf(TODAY - DAY, TODAY, [[TODAY - 600, TODAY]]));
    await recordClosedDays(monitorAt());
    const stored = await storeCandles(env.DB, sent(TODAY - DAY, TODAY - 600), NOW);
    expect(stored).toMatchObject({ inserted: 1, ignored: 1, revised: 0 });
    expect(await coverageRows()).toEqual([]);
  });

  test("of a day goes with the transaction that deletes archived candles", async () => {
    const times = timesOf(TODAY - 2 * DAY, TODAY);
    await putHot(BTC, times);
    await putCold(BTC, times);
    await recordClosedDays(monitorAt());
    const file = await env.DB.prepare("SELECT partition, key FROM archive_files").first<{
      partition: string;
      key: string;
    }>();
    const candle = {
      open: 1,
      high: 2,
      low: 0.5,
      close: 1,
      volume_from: 1,
      volume_to: 1,
      trades: 1,
    };
    const some = timesOf(TODAY - 2 * DAY, TODAY - 2 * DAY + 600).map((timestamp) => ({
      timestamp,
      ...candle,
    }));
    expect(await deleteArchived(env.DB, BTC, some, file ?? { partition: "", key: "" })).toBe(10);
    expect(await coverageRows()).toEqual([["BTC-USDT", -1, 1_440]]);
    expect(await daysHeld()).toEqual([
      [-2, 1_430, 1_440],
      [-1, 1_440, 1_440],
    ]);
    await collect(BTC);
    // A candle that is hot and cold is one candle.
    expect(await heldOf()).toBe(2_880);
  });
});

describe("completeness", () => {
  test("counts hot days, cold days, days that are both, and today up to what can be here", async () => {
    await collect(BTC);
    const first = Date.UTC(2026, 8, 1) / 1_000;
    await putCold(BTC, timesOf(first, TODAY - 2 * DAY, [[first + DAY, first + DAY + 600]]));
    await putHot(BTC, timesOf(TODAY - 3 * DAY, NOW));
    const expected = (NOW - 900 - first) / MINUTE;
    // First by the key, then by the coverage.
    for (let pass = 0; pass < 2; pass += 1) {
      const { list } = await measureCompleteness(env.DB, {}, WHOLE, NOW);
      expect(list).toMatchObject([
        { series: BTC, tier: 1, start: first, expected, held: expected - 10, missing: 10 },
      ]);
      await recordClosedDays(monitorAt());
    }
    // The days of one file of which only some are asked about.
    expect(await heldOf({ start: first + DAY, end: first + 3 * DAY })).toBe(2 * 1_440 - 10);
    expect(await heldOf({ start: TODAY - 3 * DAY, end: TODAY - DAY })).toBe(2 * 1_440);
  });

  test("takes what a gap explains out of what can be held", async () => {
    await collect(BTC);
    const start = TODAY - 2 * DAY;
    await putHot(BTC, timesOf(start, NOW, [[start + 600, start + 660]]));
    await putHot(seriesOf("ETH-USDT"), timesOf(start, NOW, [[start + 600, start + 660]]));
    await answered(BTC, start, NOW);
    await scanPage(monitorAt(), { filter: {}, scope: { kind: "range" } });
    const { list } = await measureCompleteness(env.DB, {}, WHOLE, NOW);
    expect(list).toMatchObject([{ explained: 1, missing: 1, ratio: 1 }]);
  });

  test("counts no gap before the first candle, though it ends on that day", async () => {
    await collect(BTC);
    const noon = TODAY - 2 * DAY + 43_200;
    const hole = [TODAY - DAY + 3_600, TODAY - DAY + 3_600 + 600 * MINUTE] as const;
    await putHot(BTC, timesOf(noon, NOW, [hole]));
    await answered(BTC, TODAY - 30 * DAY, noon);
    await scanPage(monitorAt(), { filter: {}, scope: { kind: "range" } });
    const expected = (NOW - 900 - noon) / MINUTE;
    const { list } = await measureCompleteness(env.DB, {}, WHOLE, NOW);
    expect(list).toMatchObject([
      { start: noon, expected, explained: 0, missing: 600, ratio: (expected - 600) / expected },
    ]);
    // Where the day is asked about, it begins with it.
    const day = { start: noon, end: noon };
    expect((await measureCompleteness(env.DB, {}, day, NOW)).list).toMatchObject([
      { expected: 1_440, explained: 720, missing: 720, ratio: 1 },
    ]);
  });

  test("never counts more of a record of several runs than surely is in the days", async () => {
    const quiet = seriesOf("BTC-USD", "coinbase");
    const start = TODAY - 3 * DAY;
    const night = start + DAY;
    const holes = [
      [start + 600, start + 660],
      [night - 300, night + 180],
      [night + 6_000, night + 6_600],
    ] as const;
    await collect(quiet);
    await putHot(quiet, timesOf(start, NOW, holes));
    await answered(quiet, start, NOW);
    await scanPage(monitorAt(), { filter: {}, scope: { kind: "range" } });
    expect(await missingOf(start, night)).toEqual([6, 6]);
    // Three of them are of the record of the day before, nearly all of which lies there.
    expect(await missingOf(night, night + DAY)).toEqual([13, 10]);
    expect(await missingOf(start, night + DAY)).toEqual([19, 19]);
  });

  test("leaves out what holds nothing", async () => {
    await collect(BTC);
    expect((await measureCompleteness(env.DB, {}, WHOLE, NOW)).list).toEqual([]);
  });
});
