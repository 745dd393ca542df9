import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { archiveKey } from "@candlehouse/shared/core/archive-key";
import { StorageUnavailableError } from "@candlehouse/shared/core/errors";
import { claimReplaced } from "@candlehouse/shared/d1/archive-claims";
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
const prepare = env.DB.prepare.bind(env.DB);

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

async function fileColumns(): Promise<string[]> {
  const sql = "SELECT name FROM pragma_table_info('archive_files')";
  const { results } = await env.DB.prepare(sql).all<{ name: string }>();
  return results.map(({ name }) => name);
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

  test("deletes all that was replaced, however much it is, in calls that R2 takes", async () => {
    await archiveCandles(SERIES, candlesAt(0, 10));
    const columns = (await fileColumns()).join(", ");
    const copied = columns
      .replace(/\bkey\b/, "'candles/x' || value")
      .replace(/\bstate\b/, "'replaced'")
      .replace(/\breplaced_at\b/, String(TODAY));
    await env.DB.prepare(
      `INSERT INTO archive_files (${columns})
      SELECT ${copied} FROM archive_files, json_each(?) WHERE state = 'current'`,
    )
      .bind(JSON.stringify(Array.from({ length: 2_300 }, (_, index) => index)))
      .run();
    const remove = vi.spyOn(env.BUCKET, "delete");
    expect(await clean(TODAY + 90_000)).toEqual({ ...NOTHING, deleted: 2_300 });
    expect(remove.mock.calls.map(([keys]) => [keys].flat().length)).toEqual([1_000, 1_000, 300]);
    remove.mockRestore();
    expect(await filesOf(SERIES)).toMatchObject([{ state: "current" }]);
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

  test("finishes what a clean-up that died had claimed, once that one cannot be at work any more", async () => {
    await archiveCandles(SERIES, candlesAt(0, 10));
    await archiveCandles(SERIES, candlesAt(10, 20));
    const died = archiverAt(TODAY + 90_000);
    vi.spyOn(env.BUCKET, "delete").mockRejectedValueOnce(new Error("away"));
    await expect(cleanUp(died.context, TODAY + 90_000)).rejects.toThrow(StorageUnavailableError);
    expect((await filesOf(SERIES)).map(({ state }) => state).toSorted()).toEqual([
      "current",
      "deleting",
    ]);
    expect(await clean(TODAY + 93_600)).toEqual(NOTHING);
    expect(await clean(TODAY + 93_601)).toEqual({ ...NOTHING, deleted: 1 });
    expect(await allKeys()).toEqual((await readAll(SERIES)).keys);
  });

  test("lets nobody use a file again that it is deleting, and loses nothing of what is handed in then", async () => {
    const { context } = archiverAt();
    await storeFragments(context, DUCKDB_FILE, SERIES);
    const [key = ""] = await allKeys();
    await compactPartition(context, { series: SERIES, partition: PARTITION });
    await archiveCandles(SERIES, candlesAt(10, 20), TODAY + 1);
    const later = archiverAt(TODAY + 90_000).context;
    const away: string[] = [];
    const remove = env.BUCKET.delete.bind(env.BUCKET);
    vi.spyOn(env.BUCKET, "delete").mockImplementationOnce(async (keys) => {
      await expect(storeFragments(later, DUCKDB_FILE, SERIES)).rejects.toThrow("a clean-up");
      away.push(...[keys].flat());
      await remove(keys);
    });
    await cleanUp(later, TODAY + 90_000);
    expect(away).toContain(key);
    expect(await filesOf(SERIES)).toMatchObject([{ state: "current" }]);
    expect((await storeFragments(later, DUCKDB_FILE, SERIES)).fragments).toMatchObject([
      { key, state: "registered" },
    ]);
    expect(await allKeys()).toContain(key);
    expect(await verifyArchive(later, {})).toMatchObject({ damaged: [], chains: [] });
  });

  test("puts an object there again that a clean-up deleted just before it was registered", async () => {
    const { context } = archiverAt();
    const deleted: string[] = [];
    const batch = env.DB.batch.bind(env.DB);
    // The first call after the object was put is the one that reads what it is registered beside.
    const calls = vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
      const keys = deleted.length === 0 ? await allKeys() : [];
      await env.BUCKET.delete(keys);
      deleted.push(...keys);
      return batch(statements);
    });
    const stored = await storeFragments(context, DUCKDB_FILE, SERIES);
    calls.mockRestore();
    expect(deleted).toEqual([stored.fragments[0]?.key]);
    expect(stored.fragments).toMatchObject([{ state: "registered" }]);
    expect(await allKeys()).toEqual([stored.fragments[0]?.key]);
  });

  test("keeps replaced files while the current one is known to be damaged", async () => {
    await archiveCandles(SERIES, candlesAt(0, 10));
    await archiveCandles(SERIES, candlesAt(10, 20));
    const keys = await allKeys();
    await env.DB.prepare("UPDATE archive_files SET damage = 'cut' WHERE state = 'current'").run();
    expect(await clean(TODAY + 90_000)).toEqual(NOTHING);
    expect(await allKeys()).toEqual(keys);
  });

  test("reads a current file that nobody read since it stands for others, before it deletes these", async () => {
    await archiveCandles(SERIES, candlesAt(0, 20));
    const [current = ""] = await allKeys();
    const { context } = archiverAt(TODAY + 10);
    // Nothing of it is new, so that the current file stays and is not written again.
    await storeFragments(context, fileOf(SERIES, candlesAt(0, 10)), SERIES);
    await compactPartition(context, { series: SERIES, partition: PARTITION });
    const object = await env.BUCKET.get(current);
    const bytes = new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer());
    await env.BUCKET.put(current, bytes.slice(1));
    expect(await clean(TODAY + 90_000)).toEqual(NOTHING);
    expect(await filesOf(SERIES)).toMatchObject([
      { key: current, damage: expect.stringContaining("missing") },
      { state: "replaced" },
    ]);
    await env.BUCKET.put(current, bytes);
    await verifyArchive(archiverAt(TODAY + 9).context, {});
    expect(await clean(TODAY + 90_000)).toEqual({ ...NOTHING, deleted: 1 });
    expect(await filesOf(SERIES)).toMatchObject([{ key: current, verifiedAt: TODAY + 90_000 }]);
  });

  test("claims no file before the current one was read since it was replaced", async () => {
    await archiveCandles(SERIES, candlesAt(0, 10));
    await archiveCandles(SERIES, candlesAt(10, 20));
    const claim = { before: TODAY + 1, at: TODAY + 90_000, limit: 10 };
    const verified = env.DB.prepare(
      "UPDATE archive_files SET verified_at = ?1 WHERE state = 'current'",
    );
    for (const at of [null, TODAY - 1]) {
      await verified.bind(at).run();
      expect(await claimReplaced(env.DB, claim)).toEqual([]);
    }
    await verified.bind(TODAY).run();
    expect(await claimReplaced(env.DB, claim)).toMatchObject([{ rows: 10, state: "deleting" }]);
  });

  test("adopts a file of the archive's own whatever its candles are", async () => {
    const late = archiverAt(DAYS_LATER);
    const { timestamp, ...values } = candleAt(0);
    const impossible = { timestamp: timestamp + 1, ...values };
    await env.BUCKET.put(keyOf("odd"), fileOf(SERIES, [impossible]));
    expect(await cleanUp(late.context, DAYS_LATER)).toMatchObject({ adopted: 1, unreadable: 0 });
    await compactPartition(late.context, { series: SERIES, partition: PARTITION });
    expect((await readAll(SERIES)).cold).toEqual([impossible]);
  });

  test("adopts no object whose candles are not those that its name says, and reads no huge one", async () => {
    await env.BUCKET.put(keyOf("a".repeat(64)), DUCKDB_FILE);
    await env.BUCKET.put(keyOf("huge"), new Uint8Array(16 * 1_024 * 1_024 + 1));
    const get = vi.spyOn(env.BUCKET, "get");
    expect(await clean(DAYS_LATER)).toEqual({ ...NOTHING, unreadable: 2 });
    expect(get.mock.calls.map(([key]) => key)).toEqual([keyOf("a".repeat(64))]);
    get.mockRestore();
    expect(loggedEvents(errors, "archive.damaged")).toMatchObject([
      { reason: "its candles are not those its name says" },
      { reason: "it has 16777217 bytes: up to 16777216 are read" },
    ]);
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

  test("makes fewer than 900 statements of D1 a call, and goes on behind the objects it adopted", async () => {
    const all = Array.from({ length: 120 }, (_, index) => seriesOf(`S${1_000 + index}`));
    for (const series of all) {
      const key = archiveKey({ folder: "candles", series, partition: PARTITION, name: "orphan" });
      await env.BUCKET.put(key, fileOf(series, candlesAt(0, 1)));
    }
    const { context, sent } = archiverAt(DAYS_LATER);
    let statements = 0;
    const count = vi.spyOn(env.DB, "prepare").mockImplementation(function (this: D1Database, sql) {
      statements += 1;
      return prepare(sql);
    });
    const first = await cleanUp(context, DAYS_LATER);
    count.mockRestore();
    expect(statements).toBeLessThan(900);
    expect(first.adopted).toBeGreaterThan(100);
    expect(first.adopted).toBeLessThan(120);
    expect(await cleanUp(context, DAYS_LATER, first.next ?? "")).toMatchObject({
      adopted: 120 - first.adopted,
      next: null,
    });
    expect(new Set(sent.map(({ symbol }) => symbol)).size).toBe(120);
  }, 60_000);

  test("holds objects that it cannot read against its budget", async () => {
    const names = Array.from({ length: 120 }, (_, index) => `x${1_000 + index}`);
    await Promise.all(names.map((name) => env.BUCKET.put(keyOf(name), "cut")));
    const first = await clean(DAYS_LATER);
    expect(first.unreadable).toBeLessThan(120);
    expect(
      await cleanUp(archiverAt(DAYS_LATER).context, DAYS_LATER, first.next ?? ""),
    ).toMatchObject({ unreadable: 120 - first.unreadable, next: null });
  });
});
