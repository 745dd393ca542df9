import { env } from "cloudflare:workers";
import { QueueUnavailableError } from "@candlehouse/shared/core/errors";
import { readPartitionState, recordDamage } from "@candlehouse/shared/d1/archive-manifest";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { compactPartition } from "../src/compact.ts";
import { storeFragments } from "../src/fragments.ts";
import {
  allKeys,
  archiveCandles,
  archiverAt,
  clearWarehouse,
  fileOf,
  filesOf,
} from "./archiver-at.ts";
import { DUCKDB_FILE } from "./duckdb-file.ts";
import {
  candleAt,
  candlesAt,
  OCTOBER,
  PARTITION,
  putHot,
  readAll,
  readRevisions,
  seriesOf,
  TODAY,
} from "./warehouse.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);
vi.spyOn(console, "error").mockImplementation(() => undefined);

const SERIES = seriesOf("BTC");

beforeEach(clearWarehouse);

async function compact(partition = PARTITION): Promise<unknown> {
  return compactPartition(archiverAt(TODAY).context, { series: SERIES, partition });
}

/** What DUCKDB_FILE holds. */
const FOREIGN = candlesAt(0, 10).map((candle, index) => (index === 3 ? candleAt(3, 9.75) : candle));

describe("a file that is handed in", () => {
  test("is kept as it is, registered, enqueued, and merged", async () => {
    const { context, sent } = archiverAt();
    const answer = await storeFragments(context, DUCKDB_FILE, SERIES);
    const [key = ""] = await allKeys();
    expect(key).toMatch(
      /^fragments\/source=binance\/symbol=BTC-USDT\/timeframe=1m\/year=2026\/month=10\/[\da-f]{64}\.parquet$/,
    );
    expect(answer).toEqual({
      series: "binance:BTC-USDT:1m",
      rows: 10,
      fragments: [
        {
          key,
          partition: PARTITION,
          rows: 10,
          first: OCTOBER,
          last: OCTOBER + 540,
          state: "registered",
        },
      ],
      message: "Registered 1 fragment of binance:BTC-USDT:1m for compaction",
    });
    expect(sent).toEqual([{ ...SERIES, partition: PARTITION }]);
    const object = await env.BUCKET.get(key);
    expect(new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(DUCKDB_FILE);
    expect(await filesOf(SERIES)).toMatchObject([
      { key, state: "fragment", format: 0, rows: 10, dayCounts: [10], damage: null },
    ]);
    await compact();
    expect((await readAll(SERIES)).cold).toEqual(FOREIGN);
    expect(await filesOf(SERIES)).toMatchObject([
      { state: "current", format: 1 },
      { key, state: "replaced" },
    ]);
  });

  test("changes nothing when it comes again: before it is merged, after, and after it is gone", async () => {
    const { context, sent } = archiverAt();
    await storeFragments(context, DUCKDB_FILE, SERIES);
    const before = await readPartitionState(env.DB, SERIES, PARTITION);
    const again = await storeFragments(context, DUCKDB_FILE, SERIES);
    expect(again.fragments).toMatchObject([{ state: "known" }]);
    expect(again.message).toBe("All 10 candles of binance:BTC-USDT:1m were handed in before");
    expect(await readPartitionState(env.DB, SERIES, PARTITION)).toEqual(before);
    // It waits still, so it is asked for once more.
    expect(sent).toHaveLength(2);
    await compact();
    const merged = await readAll(SERIES);
    const revisions = await readRevisions(SERIES);
    for (const forget of [false, true]) {
      if (forget) {
        await env.DB.prepare("DELETE FROM archive_files WHERE state = 'replaced'").run();
      }
      await storeFragments(context, DUCKDB_FILE, SERIES);
      await compact();
      expect(await readAll(SERIES)).toEqual(merged);
      expect(await readRevisions(SERIES)).toEqual(revisions);
    }
  });

  test("is merged again where it was merged before, and its candles are nowhere any more", async () => {
    const { context } = archiverAt();
    await storeFragments(context, DUCKDB_FILE, SERIES);
    await compact();
    await env.BUCKET.delete(await allKeys());
    await env.DB.prepare("DELETE FROM archive_files").run();
    await archiveCandles(SERIES, candlesAt(20, 30), TODAY + 1);
    const again = await storeFragments(context, DUCKDB_FILE, SERIES);
    expect(again.fragments).toMatchObject([{ state: "registered" }]);
    await compact();
    expect((await readAll(SERIES)).cold).toEqual([...FOREIGN, ...candlesAt(20, 30)]);
  });

  test("counts by when it was registered, not by its name, among those of one second", async () => {
    const { context } = archiverAt();
    for (let index = 0; index < 4; index += 1) {
      await storeFragments(context, fileOf(SERIES, [candleAt(0, 10 + index)]), SERIES);
    }
    const created = (await filesOf(SERIES)).map(({ createdAt }) => createdAt);
    expect(created.toSorted((a, b) => a - b)).toEqual([TODAY, TODAY + 1, TODAY + 2, TODAY + 3]);
    await compact();
    expect((await readAll(SERIES)).cold).toEqual([candleAt(0, 10)]);
  });

  test("is known where it holds what the archive's own file holds, in another encoding", async () => {
    await archiveCandles(SERIES, FOREIGN);
    const { context, sent } = archiverAt();
    expect((await storeFragments(context, DUCKDB_FILE, SERIES)).fragments).toMatchObject([
      { state: "known" },
    ]);
    expect(sent).toEqual([]);
  });

  test("goes on where it was stopped: on R2, but in no manifest, and in the manifest, but not in the queue", async () => {
    const lost = archiverAt();
    vi.spyOn(lost.context.compaction, "sendBatch").mockRejectedValue(new Error("away"));
    await expect(storeFragments(lost.context, DUCKDB_FILE, SERIES)).rejects.toThrow(
      QueueUnavailableError,
    );
    expect(await filesOf(SERIES)).toHaveLength(1);
    await env.DB.batch([
      env.DB.prepare("DELETE FROM archive_files"),
      env.DB.prepare("DELETE FROM archive_changes"),
    ]);
    const { context, sent } = archiverAt();
    const answer = await storeFragments(context, DUCKDB_FILE, SERIES);
    expect(answer.fragments).toMatchObject([{ state: "registered" }]);
    expect(sent).toHaveLength(1);
    expect(await allKeys()).toHaveLength(1);
  });

  test("makes good an object of the same name that was cut, and a row that is marked as damaged", async () => {
    const { context } = archiverAt();
    await storeFragments(context, DUCKDB_FILE, SERIES);
    const [key = ""] = await allKeys();
    await env.BUCKET.put(key, DUCKDB_FILE.slice(0, 500));
    await recordDamage(env.DB, { series: SERIES, partition: PARTITION, key }, "cut", TODAY);
    const answer = await storeFragments(context, DUCKDB_FILE, SERIES);
    expect(answer.fragments).toMatchObject([{ state: "registered" }]);
    expect(await filesOf(SERIES)).toMatchObject([{ key, damage: null, bytes: DUCKDB_FILE.length }]);
    await compact();
    expect((await readAll(SERIES)).cold).toEqual(FOREIGN);
  });

  test("of another program may have pages of any size", async () => {
    const bytes = fileOf(SERIES, candlesAt(0, 12_000));
    const foreign = withoutMetadata(bytes);
    const { context } = archiverAt();
    const answer = await storeFragments(context, foreign, SERIES);
    expect(answer).toMatchObject({ rows: 12_000, fragments: [{ state: "registered" }] });
    expect(await filesOf(SERIES)).toMatchObject([{ format: 0, rows: 12_000 }]);
    await compact();
    expect((await readAll(SERIES)).cold).toEqual(candlesAt(0, 12_000));
  });

  test("of two partitions is two fragments", async () => {
    const september = Array.from({ length: 5 }, (_, index) => candleAt(index - 5)).map(
      (candle, index) => ({ ...candle, volume_to: null, trades: index }),
    );
    const { context, sent } = archiverAt();
    const bytes = fileOf(SERIES, [...september, ...candlesAt(0, 5)]);
    const answer = await storeFragments(context, bytes, undefined);
    expect(answer.fragments).toMatchObject([
      { partition: "2026-09", rows: 5, last: OCTOBER - 60, state: "registered" },
      { partition: "2026-10", rows: 5, first: OCTOBER, state: "registered" },
    ]);
    expect(sent.map(({ partition }) => partition)).toEqual(["2026-09", "2026-10"]);
    await compact("2026-09");
    await compact("2026-10");
    expect((await readAll(SERIES)).cold).toEqual([...september, ...candlesAt(0, 5)]);
    const again = await storeFragments(context, bytes, SERIES);
    expect(again.fragments).toMatchObject([{ state: "known" }, { state: "known" }]);
  });

  test("of our own format is refused where a candle of it cannot be true", async () => {
    const { timestamp, ...values } = candleAt(0);
    const bytes = fileOf(SERIES, [{ timestamp: timestamp + 1, ...values }]);
    await expect(storeFragments(archiverAt().context, bytes, SERIES)).rejects.toThrow(
      "is not an open time of 1m candles",
    );
    expect(await allKeys()).toEqual([]);
  });

  test("is one that registers although another one came first each time", async () => {
    const files = Array.from({ length: 5 }, (_, index) =>
      fileOf(SERIES, candlesAt(index * 10, index * 10 + 10)),
    );
    const { context } = archiverAt();
    await Promise.all(files.map((bytes) => storeFragments(context, bytes, SERIES)));
    await compact();
    expect((await readAll(SERIES)).cold).toEqual(candlesAt(0, 50));
  });
});

/** A file of ours as if another program had written it: our names in its metadata are others. */
function withoutMetadata(bytes: Uint8Array): Uint8Array {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const other = text.replaceAll("candlehouse.", "elsewhere...");
  return Uint8Array.from(other, (character) => character.charCodeAt(0));
}

describe("merging what was handed in", () => {
  test("keeps the archived candle, else the hot one, else the one of the older file; the others become revisions", async () => {
    await archiveCandles(SERIES, candlesAt(0, 4));
    const { context } = archiverAt(TODAY + 10);
    // Candle 3 is archived with another volume, and candles 5 to 9 come twice.
    await storeFragments(context, DUCKDB_FILE, SERIES);
    await putHot(SERIES, [candleAt(4, 4.5)]);
    const later = archiverAt(TODAY + 20).context;
    await storeFragments(later, fileOf(SERIES, [candleAt(5, 5.5), candleAt(10)]), SERIES);
    await compact();
    const { candles } = await readAll(SERIES);
    expect(candles).toEqual([...candlesAt(0, 4), candleAt(4, 4.5), ...candlesAt(5, 11)]);
    const revisions = await readRevisions(SERIES);
    expect(revisions.map(({ timestamp, volume_from }) => [timestamp, volume_from])).toEqual([
      [OCTOBER + 180, 9.75],
      [OCTOBER + 240, 1.5],
      [OCTOBER + 300, 5.5],
    ]);
  });

  test("leaves out a fragment that was changed, reports it, and merges the others", async () => {
    const { context } = archiverAt();
    await storeFragments(context, DUCKDB_FILE, SERIES);
    const [damaged = ""] = await allKeys();
    await storeFragments(context, fileOf(SERIES, candlesAt(20, 30)), SERIES);
    const changed = DUCKDB_FILE.slice();
    changed[60] = (changed[60] ?? 0) ^ 1;
    await env.BUCKET.put(damaged, changed);
    await compact();
    expect((await readAll(SERIES)).cold).toEqual(candlesAt(20, 30));
    const rows = await filesOf(SERIES);
    expect(rows.find(({ key }) => key === damaged)).toMatchObject({
      state: "fragment",
      damage: expect.stringContaining("not what was written"),
    });
  });
});
