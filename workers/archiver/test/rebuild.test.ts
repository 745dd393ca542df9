import { env } from "cloudflare:workers";
import { archiveKey, type ArchiveFolder } from "@candlehouse/shared/core/archive-key";
import { StorageUnavailableError } from "@candlehouse/shared/core/errors";
import type { Series } from "@candlehouse/shared/core/series";
import { parseSeriesPartition } from "@candlehouse/shared/core/series-partition";
import { encodeCandleFile } from "@candlehouse/shared/r2/encode-candle-file";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { cleanUp } from "../src/clean-up.ts";
import { compactPartition } from "../src/compact.ts";
import { storeFragments } from "../src/fragments.ts";
import { rebuildCatalog, type RebuildAnswer } from "../src/rebuild.ts";
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
import { candlesAt, OCTOBER, PARTITION, readAll, seriesOf, TODAY } from "./warehouse.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);
vi.spyOn(console, "error").mockImplementation(() => undefined);

const SERIES = seriesOf("BTC");
const OTHER = seriesOf("ETH");

beforeEach(clearWarehouse);

async function loseCatalog(): Promise<void> {
  await env.DB.batch([
    env.DB.prepare("DELETE FROM archive_files"),
    env.DB.prepare("DELETE FROM archive_changes"),
  ]);
}

/** Rebuilds the catalogue and compacts what that asks for. */
async function rebuild(): Promise<RebuildAnswer> {
  const { context, sent } = archiverAt(TODAY + 100);
  const answer = await rebuildCatalog(context, undefined);
  for (const { partition, ...series } of sent) {
    await compactPartition(context, { series, partition });
  }
  return answer;
}

async function currentFiles(series: Series) {
  const files = await filesOf(series);
  return files
    .filter(({ state }) => state === "current")
    .map(({ createdAt: _created, verifiedAt: _verified, ...file }) => file);
}

/** Changes a byte of an object. */
async function damageObject(key: string): Promise<void> {
  const object = await env.BUCKET.get(key);
  const bytes = new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer());
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  await env.BUCKET.put(key, bytes);
}

function keyOf(folder: ArchiveFolder, name: string): string {
  return archiveKey({ folder, series: SERIES, partition: PARTITION, name });
}

const RIGHT = { damaged: [], chains: [], next: null };

describe("rebuilding the catalogue", () => {
  test("restores it from R2 alone: the same files, every candle", async () => {
    await archiveCandles(SERIES, candlesAt(0, 500));
    await archiveCandles(OTHER, candlesAt(100, 200));
    const hourly = { ...SERIES, timeframe: "1h" } as const;
    const hours = candlesAt(0, 20).map((candle, index) => ({
      ...candle,
      timestamp: OCTOBER + index * 3_600,
    }));
    await storeFragments(archiverAt().context, fileOf(hourly, hours), hourly);
    await compactPartition(archiverAt().context, { series: hourly, partition: "2026" });
    const all = [SERIES, OTHER, hourly];
    const before = await Promise.all(all.map(readAll));
    const files = await Promise.all(all.map(currentFiles));
    await loseCatalog();
    expect(await rebuild()).toEqual({
      partitions: 3,
      kept: 0,
      restored: 3,
      // The uploaded file is on R2 still.
      fragments: 1,
      damaged: [],
      next: null,
      left: 0,
    });
    expect(await Promise.all(all.map(readAll))).toEqual(before);
    expect(await Promise.all(all.map(currentFiles))).toEqual(files);
    expect(await verifyArchive(archiverAt(TODAY + 200).context, {})).toMatchObject(RIGHT);
  });

  test("changes nothing where the manifest is right, and nothing the second time", async () => {
    await archiveCandles(SERIES, candlesAt(0, 50));
    await archiveCandles(SERIES, candlesAt(50, 60));
    const before = await filesOf(SERIES);
    const kept = {
      partitions: 1,
      kept: 1,
      restored: 0,
      fragments: 0,
      damaged: [],
      next: null,
      left: 0,
    };
    expect(await rebuild()).toEqual(kept);
    expect(await filesOf(SERIES)).toEqual(before);
    await loseCatalog();
    await rebuild();
    const rebuilt = await filesOf(SERIES);
    expect(await rebuild()).toEqual(kept);
    expect(await filesOf(SERIES)).toEqual(rebuilt);
  });

  test("takes the file that was written last, and leaves no candle of the others behind", async () => {
    await archiveCandles(SERIES, candlesAt(0, 50));
    await archiveCandles(SERIES, candlesAt(50, 60));
    await archiveCandles(SERIES, candlesAt(60, 70));
    const [key = ""] = (await readAll(SERIES)).keys;
    await storeFragments(archiverAt().context, DUCKDB_FILE, SERIES);
    const orphan = archiveKey({
      folder: "candles",
      series: SERIES,
      partition: PARTITION,
      name: "x",
    });
    await env.BUCKET.put(orphan, fileOf(SERIES, candlesAt(65, 80)));
    await loseCatalog();
    const answer = await rebuildCatalog(archiverAt(TODAY + 100).context, undefined);
    expect(answer).toMatchObject({ restored: 1, fragments: 4, damaged: [] });
    expect(await currentFiles(SERIES)).toMatchObject([{ key }]);
    await compactPartition(archiverAt(TODAY + 100).context, {
      series: SERIES,
      partition: PARTITION,
    });
    expect((await readAll(SERIES)).cold).toEqual(candlesAt(0, 80));
    const later = TODAY + 100 + 90_000;
    await cleanUp(archiverAt(later).context, later);
    expect(await allKeys()).toEqual((await readAll(SERIES)).keys);
    expect(await verifyArchive(archiverAt(later).context, {})).toMatchObject(RIGHT);
  });

  test("leaves a damaged file current where the sound ones hold fewer candles of a day, and names it", async () => {
    await archiveCandles(SERIES, candlesAt(0, 50));
    await archiveCandles(SERIES, candlesAt(50, 60));
    const [second = ""] = (await readAll(SERIES)).keys;
    await damageObject(second);
    const before = await filesOf(SERIES);
    const damage = expect.stringMatching(/^bytes 4 to \d+ are not what was/);
    const stays = { restored: 0, fragments: 0, damaged: [{ key: second, damage }] };
    expect(await rebuild()).toMatchObject(stays);
    expect(await filesOf(SERIES)).toEqual(
      before.map((file) => (file.key === second ? { ...file, damage } : file)),
    );
    const later = TODAY + 100 + 90_000;
    await cleanUp(archiverAt(later).context, later);
    expect(await allKeys()).toHaveLength(2);
    // What it lacks is handed in: all candles are there again, and the damaged file is not needed.
    await storeFragments(archiverAt(later).context, fileOf(SERIES, candlesAt(45, 60)), SERIES);
    expect(await rebuild()).toMatchObject({ ...stays, restored: 1, fragments: 1 });
    expect((await readAll(SERIES)).cold).toEqual(candlesAt(0, 60));
    expect(await verifyArchive(archiverAt(later).context, {})).toMatchObject(RIGHT);
  });

  test("counts a candle that two sound files hold once", async () => {
    await archiveCandles(SERIES, candlesAt(0, 50));
    const [key = ""] = (await readAll(SERIES)).keys;
    await storeFragments(archiverAt().context, fileOf(SERIES, candlesAt(0, 30)), SERIES);
    await storeFragments(archiverAt().context, fileOf(SERIES, candlesAt(5, 35)), SERIES);
    await damageObject(key);
    const { context } = archiverAt(TODAY + 100);
    expect(await rebuildCatalog(context, undefined)).toMatchObject({ fragments: 0 });
    expect(await currentFiles(SERIES)).toMatchObject([{ key, damage: expect.any(String) }]);
  });

  test("takes a file of the archive's own whatever its candles are", async () => {
    const odd = candlesAt(0, 5).map((candle) => ({ ...candle, timestamp: candle.timestamp + 1 }));
    await archiveCandles(SERIES, odd);
    await loseCatalog();
    expect(await rebuild()).toMatchObject({ restored: 1, damaged: [] });
    expect((await readAll(SERIES)).cold).toEqual(odd);
  });

  test("takes no object that is another than the manifest has, nor one that its name does not fit", async () => {
    await archiveCandles(SERIES, candlesAt(0, 10));
    const [current = ""] = (await readAll(SERIES)).keys;
    const key = keyOf("fragments", "taken");
    await env.BUCKET.put(key, fileOf(SERIES, candlesAt(20, 30)));
    await cleanUp(archiverAt(DAYS_LATER).context, DAYS_LATER);
    await env.BUCKET.put(key, fileOf(SERIES, candlesAt(20, 31)));
    const named = keyOf("fragments", "b".repeat(64));
    await env.BUCKET.put(named, DUCKDB_FILE);
    await env.DB.prepare("DELETE FROM archive_files WHERE state = 'current'").run();
    const answer = await rebuildCatalog(archiverAt(TODAY + 100).context, undefined);
    expect(answer).toMatchObject({ restored: 1, fragments: 0 });
    expect(answer.damaged).toEqual([
      { key: named, damage: "its candles are not those its name says" },
      { key, damage: "it is not the file of which the manifest tells" },
    ]);
    expect(await currentFiles(SERIES)).toMatchObject([{ key: current }]);
  });

  test("waits for a clean-up that deletes files of the partition", async () => {
    await archiveCandles(SERIES, candlesAt(0, 10));
    await archiveCandles(SERIES, candlesAt(10, 20));
    const later = TODAY + 90_000;
    const keys = await allKeys();
    vi.spyOn(env.BUCKET, "delete").mockRejectedValueOnce(new Error("away"));
    const { context } = archiverAt(later);
    await expect(cleanUp(context, later)).rejects.toThrow(StorageUnavailableError);
    const [current = ""] = (await readAll(SERIES)).keys;
    await damageObject(current);
    await expect(rebuildCatalog(context, undefined)).rejects.toThrow(StorageUnavailableError);
    // That clean-up is dead. No other one deletes what it had claimed: it is all there is.
    await cleanUp(archiverAt(later + 90_000).context, later + 90_000);
    expect(await allKeys()).toEqual(keys);
    const next = archiverAt(later + 90_000).context;
    expect(await rebuildCatalog(next, undefined)).toMatchObject({ damaged: [{ key: current }] });
  });

  test("changes nothing where no sound file is left: the manifest still says what is damaged", async () => {
    await archiveCandles(SERIES, candlesAt(0, 50));
    const [key = ""] = (await readAll(SERIES)).keys;
    await env.BUCKET.put(key, "no Parquet");
    expect(await rebuild()).toMatchObject({ kept: 0, restored: 0, damaged: [{ key }] });
    expect(await filesOf(SERIES)).toMatchObject([
      { key, state: "current", damage: expect.stringContaining("are missing") },
    ]);
  });

  test("mends a damaged partition whose candles were handed in again", async () => {
    await archiveCandles(SERIES, candlesAt(0, 50));
    const [key = ""] = (await readAll(SERIES)).keys;
    await env.BUCKET.put(key, "no Parquet");
    const order = { series: SERIES, partition: PARTITION };
    await verifyArchive(archiverAt().context, order);
    const { context } = archiverAt(TODAY + 50);
    const stored = await storeFragments(context, fileOf(SERIES, candlesAt(0, 50)), SERIES);
    expect(stored.fragments).toMatchObject([{ state: "registered" }]);
    await expect(compactPartition(context, order)).rejects.toThrow(key);
    expect(await rebuild()).toMatchObject({ restored: 0, fragments: 1, damaged: [{ key }] });
    expect((await readAll(SERIES)).cold).toEqual(candlesAt(0, 50));
    expect(await verifyArchive(context, {})).toMatchObject(RIGHT);
  });

  test("makes candles that were handed in readable where they are all there is", async () => {
    await storeFragments(archiverAt().context, DUCKDB_FILE, SERIES);
    await loseCatalog();
    expect(await rebuild()).toMatchObject({ restored: 0, fragments: 1 });
    expect((await readAll(SERIES)).cold).toHaveLength(10);
  });

  test("takes no file for its own that another archive wrote later and that was handed in", async () => {
    await archiveCandles(SERIES, candlesAt(0, 50));
    const [key = ""] = (await readAll(SERIES)).keys;
    const head = { sequence: 99, hash: "f".repeat(64) };
    const { bytes } = encodeCandleFile(SERIES, candlesAt(45, 55), head);
    await storeFragments(archiverAt().context, bytes, SERIES);
    await loseCatalog();
    await rebuildCatalog(archiverAt(TODAY + 100).context, undefined);
    expect(await currentFiles(SERIES)).toMatchObject([{ key }]);
  });

  test("goes through a hundred partitions a call, and says where to go on", async () => {
    for (let index = 0; index < 120; index += 1) {
      const series = seriesOf(`A${index}`);
      const key = archiveKey({ folder: "candles", series, partition: PARTITION, name: "file" });
      await env.BUCKET.put(key, fileOf(series, candlesAt(0, 2)));
    }
    const first = await rebuildCatalog(archiverAt().context, undefined);
    expect(first).toMatchObject({ partitions: 100, restored: 100, left: 20 });
    const after = parseSeriesPartition(first.next ?? "");
    const second = await rebuildCatalog(archiverAt().context, after);
    expect(second).toMatchObject({ partitions: 20, restored: 20, next: null });
    const { results } = await env.DB.prepare("SELECT DISTINCT symbol FROM archive_files").all();
    expect(results).toHaveLength(120);
  }, 60_000);

  test("sees objects beyond the first page of a folder", async () => {
    const bytes = fileOf(SERIES, candlesAt(0, 1));
    const names = Array.from({ length: 1_010 }, (_, index) => `x${index}`);
    await Promise.all(
      names.map((name) =>
        env.BUCKET.put(
          archiveKey({ folder: "fragments", series: OTHER, partition: PARTITION, name }),
          "cut",
        ),
      ),
    );
    await env.BUCKET.put(
      archiveKey({
        folder: "fragments",
        series: seriesOf("ZZZ"),
        partition: PARTITION,
        name: "last",
      }),
      fileOf(seriesOf("ZZZ"), candlesAt(0, 1)),
    );
    await env.BUCKET.put(
      archiveKey({ folder: "candles", series: SERIES, partition: PARTITION, name: "first" }),
      bytes,
    );
    const first = await rebuildCatalog(archiverAt().context, undefined);
    expect(first).toMatchObject({
      partitions: 2,
      restored: 1,
      next: "binance:ETH-USDT:1m:2026-10",
    });
    expect(first.damaged).toHaveLength(1_010);
    const second = await rebuildCatalog(
      archiverAt().context,
      parseSeriesPartition(first.next ?? ""),
    );
    expect(second).toMatchObject({ partitions: 1, fragments: 1, next: null });
  }, 60_000);

  test("goes on behind a thousand objects of other names", async () => {
    await archiveCandles(SERIES, candlesAt(0, 5));
    await loseCatalog();
    const names = Array.from(
      { length: 1_010 },
      (_, index) => `candles/a${1_000 + index}/notes.txt`,
    );
    await Promise.all(names.map((name) => env.BUCKET.put(name, "")));
    const answer = await rebuildCatalog(archiverAt(TODAY + 100).context, undefined);
    expect(answer).toMatchObject({ partitions: 1, restored: 1, next: null });
    expect(answer.damaged).toHaveLength(1_010);
  }, 60_000);
});
