import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { archiveKey } from "@candlehouse/shared/core/archive-key";
import { cleanUp } from "../src/clean-up.ts";
import { compactPartition } from "../src/compact.ts";
import { storeFragments } from "../src/fragments.ts";
import { verifyArchive } from "../src/verify.ts";
import {
  allKeys,
  archiveCandles,
  archiverAt,
  clearWarehouse,
  DAYS_LATER,
  fileOf,
  filesOf,
} from "./archiver-at.ts";
import { DUCKDB_FILE } from "./duckdb-file.ts";
import { loggedEvents } from "./logged-events.ts";
import { candleAt, candlesAt, PARTITION, readAll, seriesOf, TODAY } from "./warehouse.ts";

const output = vi.spyOn(console, "log").mockImplementation(() => undefined);
const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);

const SERIES = seriesOf("BTC");

beforeEach(async () => {
  await clearWarehouse();
  output.mockClear();
  errors.mockClear();
});

function clean(nowSeconds: number) {
  return cleanUp(archiverAt(nowSeconds).context, nowSeconds);
}

function keyOf(name: string): string {
  return archiveKey({ folder: "candles", series: SERIES, partition: PARTITION, name });
}

const NOTHING = { deleted: 0, adopted: 0, unreadable: 0, missing: 0, enqueued: 0, next: null };

describe("clean-up", () => {
  test("deletes a replaced file when its delay has passed, not before, and its row with it", async () => {
    await archiveCandles(SERIES, candlesAt(0, 10));
    await archiveCandles(SERIES, candlesAt(10, 20));
    expect(await clean(TODAY + 86_400)).toEqual(NOTHING);
    expect(await allKeys()).toHaveLength(2);
    expect(await clean(TODAY + 86_401)).toEqual({ ...NOTHING, deleted: 1 });
    expect(await allKeys()).toEqual((await readAll(SERIES)).keys);
    expect(await filesOf(SERIES)).toMatchObject([{ state: "current" }]);
    expect((await readAll(SERIES)).cold).toEqual(candlesAt(0, 20));
    expect(loggedEvents(output, "archive.cleaned")).toMatchObject([NOTHING, { deleted: 1 }]);
  });

  test("deletes the row of a replaced file whose object is gone already", async () => {
    await archiveCandles(SERIES, candlesAt(0, 10));
    const [replaced = ""] = await allKeys();
    await archiveCandles(SERIES, candlesAt(10, 20));
    await env.BUCKET.delete(replaced);
    expect(await clean(TODAY + 90_000)).toMatchObject({ deleted: 1, missing: 0 });
    expect(await filesOf(SERIES)).toHaveLength(1);
  });

  test("keeps the object of a replaced file that was found damaged: what is in it may be nowhere else", async () => {
    await archiveCandles(SERIES, candlesAt(0, 10));
    await archiveCandles(SERIES, candlesAt(10, 20));
    await env.DB.prepare("UPDATE archive_files SET damage = 'cut' WHERE state = 'replaced'").run();
    await clean(TODAY + 90_000);
    expect(await allKeys()).toHaveLength(2);
    expect(await filesOf(SERIES)).toHaveLength(1);
  });

  test("adopts an object that no row names once it is old enough, and loses no candle of it", async () => {
    await archiveCandles(SERIES, candlesAt(0, 10));
    await env.BUCKET.put(keyOf("orphan"), fileOf(SERIES, candlesAt(5, 15)));
    const today = Math.floor(Date.now() / 1_000);
    expect(await clean(today)).toMatchObject({ adopted: 0 });
    const { context, sent } = archiverAt(DAYS_LATER);
    expect(await cleanUp(context, DAYS_LATER)).toMatchObject({ adopted: 1, unreadable: 0 });
    expect(sent).toEqual([{ ...SERIES, partition: PARTITION }]);
    await compactPartition(context, { series: SERIES, partition: PARTITION });
    expect((await readAll(SERIES)).cold).toEqual(candlesAt(0, 15));
    await clean(DAYS_LATER + 90_000);
    expect(await allKeys()).toEqual((await readAll(SERIES)).keys);
    expect(await verifyArchive(context, {})).toMatchObject({ damaged: [], chains: [] });
  });

  test("adopts what the archiver had written when it died, and writes the same file again", async () => {
    await archiveCandles(SERIES, candlesAt(0, 10));
    const [key = ""] = await allKeys();
    await env.DB.batch([
      env.DB.prepare("DELETE FROM archive_files"),
      env.DB.prepare("DELETE FROM archive_changes"),
    ]);
    const { context } = archiverAt(DAYS_LATER);
    expect(await cleanUp(context, DAYS_LATER)).toMatchObject({ adopted: 1 });
    await compactPartition(context, { series: SERIES, partition: PARTITION });
    expect(await filesOf(SERIES)).toMatchObject([{ key, state: "current" }]);
    expect((await readAll(SERIES)).cold).toEqual(candlesAt(0, 10));
    await clean(DAYS_LATER + 90_000);
    expect((await readAll(SERIES)).cold).toEqual(candlesAt(0, 10));
  });

  test("reports each day an object that holds no candles of its partition, and leaves it alone", async () => {
    const november = { ...candleAt(0), timestamp: candleAt(0).timestamp + 31 * 86_400 };
    const cut = fileOf(SERIES, candlesAt(0, 10)).slice(0, 300);
    await env.BUCKET.put(keyOf("cut"), cut);
    await env.BUCKET.put(keyOf("stray"), fileOf(SERIES, [november]));
    await env.BUCKET.put(keyOf("other"), fileOf(seriesOf("ETH"), candlesAt(0, 10)));
    await env.BUCKET.put("candles/readme.txt", "hello");
    for (const day of [0, 1]) {
      errors.mockClear();
      expect(await clean(DAYS_LATER + day * 86_400)).toEqual({ ...NOTHING, unreadable: 4 });
      expect(loggedEvents(errors, "archive.damaged")).toMatchObject([
        { key: "candles/readme.txt", series: "", reason: "its key names no partition of a series" },
        { key: keyOf("cut"), reason: expect.stringContaining("no Parquet file") },
        {
          key: keyOf("other"),
          reason: expect.stringContaining("the file holds binance:ETH-USDT:1m"),
        },
        { key: keyOf("stray"), reason: expect.stringContaining("is not of 2026-10") },
      ]);
    }
    expect(await allKeys()).toHaveLength(4);
  });

  test("finds a row whose object is gone, and says so in the manifest", async () => {
    await archiveCandles(SERIES, candlesAt(0, 10));
    await archiveCandles(seriesOf("ETH"), candlesAt(0, 10));
    const [key = ""] = (await readAll(SERIES)).keys;
    await env.BUCKET.delete(key);
    expect(await clean(TODAY + 60)).toEqual({ ...NOTHING, missing: 1 });
    expect(await filesOf(SERIES)).toMatchObject([{ key, damage: "the object is missing" }]);
    expect(await filesOf(seriesOf("ETH"))).toMatchObject([{ damage: null }]);
    expect(loggedEvents(errors, "archive.damaged")).toMatchObject([{ key }]);
  });

  test("sends a fragment to the queue again that nobody merged within an hour, a damaged one not", async () => {
    const { context } = archiverAt(TODAY);
    await storeFragments(context, DUCKDB_FILE, SERIES);
    await storeFragments(context, fileOf(seriesOf("ETH"), candlesAt(0, 10)), undefined);
    await env.DB.prepare("UPDATE archive_files SET damage = 'cut' WHERE symbol = 'ETH-USDT'").run();
    expect(await clean(TODAY + 3_600)).toMatchObject({ enqueued: 0 });
    const { context: later, sent } = archiverAt(TODAY + 3_601);
    expect(await cleanUp(later, TODAY + 3_601)).toMatchObject({ enqueued: 1 });
    expect(sent).toEqual([{ ...SERIES, partition: PARTITION }]);
  });

  test("compares more objects than one list gives", async () => {
    const bytes = fileOf(SERIES, candlesAt(0, 1));
    const names = Array.from({ length: 1_050 }, (_, index) => `x${index}`);
    await Promise.all(names.map((name) => env.BUCKET.put(keyOf(name), bytes)));
    const last = { ...SERIES, timeframe: "5m" } as const;
    const { context } = archiverAt();
    await storeFragments(context, fileOf(SERIES, candlesAt(20, 30)), SERIES);
    await storeFragments(context, fileOf(last, [candleAt(0)]), last);
    await compactPartition(context, { series: last, partition: PARTITION });
    const today = Math.floor(Date.now() / 1_000);
    expect(await clean(today)).toMatchObject({ adopted: 0, missing: 0, next: null });
    await env.BUCKET.delete((await readAll(last)).keys);
    expect(await clean(today)).toMatchObject({ adopted: 0, missing: 1, next: null });
  }, 60_000);

  test("adopts a hundred objects a call, and goes on behind them", async () => {
    const all = Array.from({ length: 105 }, (_, index) => seriesOf(`S${1_000 + index}`));
    for (const series of all) {
      const key = archiveKey({ folder: "candles", series, partition: PARTITION, name: "orphan" });
      await env.BUCKET.put(key, fileOf(series, candlesAt(0, 1)));
    }
    const { context, sent } = archiverAt(DAYS_LATER);
    const first = await cleanUp(context, DAYS_LATER);
    expect(first).toMatchObject({ adopted: 100, enqueued: 100 });
    expect(await cleanUp(context, DAYS_LATER, first.next ?? "")).toMatchObject({
      adopted: 5,
      next: null,
    });
    expect(new Set(sent.map(({ symbol }) => symbol)).size).toBe(105);
  }, 60_000);
});
