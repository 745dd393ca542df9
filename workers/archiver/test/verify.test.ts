import { env } from "cloudflare:workers";
import { CHAIN_START, changeText } from "@candlehouse/shared/core/archive";
import { countPartitions, listPartitions } from "@candlehouse/shared/d1/archive-inventory";
import { readChain } from "@candlehouse/shared/d1/archive-chain";
import { recordDamage } from "@candlehouse/shared/d1/archive-manifest";
import { sha256Hex } from "@candlehouse/shared/hash/sha256";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { drawsOf } from "../../../tests/fuzz/draw.ts";
import { storeFragments } from "../src/fragments.ts";
import { verifyOldest } from "../src/verify-oldest.ts";
import { verifyArchive, type VerifyAnswer } from "../src/verify.ts";
import { archiveCandles, archiverAt, clearWarehouse, fileOf, filesOf } from "./archiver-at.ts";
import { DUCKDB_FILE } from "./duckdb-file.ts";
import { loggedEvents } from "./logged-events.ts";
import { candlesAt, PARTITION, readAll, seriesOf, TODAY } from "./warehouse.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);
const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);

const SERIES = seriesOf("BTC");

beforeEach(async () => {
  await clearWarehouse();
  errors.mockClear();
});

function verify(order: Parameters<typeof verifyArchive>[1] = {}): Promise<VerifyAnswer> {
  return verifyArchive(archiverAt(TODAY + 60).context, order);
}

/** The key of the series' current file, and its bytes. */
async function currentObject(): Promise<{ key: string; bytes: Uint8Array }> {
  const [key = ""] = (await readAll(SERIES)).keys;
  const object = await env.BUCKET.get(key);
  return { key, bytes: new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer()) };
}

/** First and last byte, inclusive, that `damage` names. */
function rangeIn(damage: string): [number, number] {
  const [, from, to] = /^bytes (\d+) to (\d+) /.exec(damage) ?? [];
  return [Number(from), Number(to)];
}

describe("verifying", () => {
  test("finds each of 80 bytes that were flipped at random, and names a range that holds it", async () => {
    await archiveCandles(SERIES, candlesAt(0, 25_000));
    const { key, bytes } = await currentObject();
    const random = drawsOf(20_261_122);
    const lengths = new Set<number>();
    for (let trial = 0; trial < 80; trial += 1) {
      const place = Math.floor(random() * bytes.length);
      const flipped = bytes.slice();
      flipped[place] = (flipped[place] ?? 0) ^ (1 << Math.floor(random() * 8));
      await env.BUCKET.put(key, flipped);
      const { damaged } = await verify();
      expect(damaged).toMatchObject([{ key }]);
      const [from, to] = rangeIn(damaged[0]?.damage ?? "");
      expect(from, `byte ${place}`).toBeLessThanOrEqual(place);
      expect(to, `byte ${place}`).toBeGreaterThanOrEqual(place);
      lengths.add(to - from + 1);
    }
    // A row group, the footer, the magic: never the whole file.
    expect(Math.max(...lengths)).toBeLessThan(bytes.length / 2);
    await env.BUCKET.put(key, bytes);
    expect(await verify()).toMatchObject({ files: 1, damaged: [], chains: [] });
  }, 60_000);

  test("finds a changed byte wherever it is in a small file", async () => {
    await archiveCandles(SERIES, candlesAt(0, 3));
    const { key, bytes } = await currentObject();
    const missed: number[] = [];
    for (let place = 0; place < bytes.length; place += 7) {
      const flipped = bytes.slice();
      flipped[place] = (flipped[place] ?? 0) ^ 0x10;
      await env.BUCKET.put(key, flipped);
      const { damaged } = await verify();
      const [from, to] = rangeIn(damaged[0]?.damage ?? "");
      if (!(from <= place && to >= place)) {
        missed.push(place);
      }
    }
    expect(missed).toEqual([]);
  }, 60_000);

  test("says what is cut, what is longer and what is missing, in the manifest and in the log", async () => {
    await archiveCandles(SERIES, candlesAt(0, 100));
    const { key, bytes } = await currentObject();
    const { length } = bytes;
    await env.BUCKET.put(key, bytes.slice(0, 1_000));
    expect((await verify()).damaged).toEqual([
      { key, damage: `bytes 1000 to ${length - 1} are missing` },
    ]);
    await env.BUCKET.put(key, Uint8Array.of(...bytes, 0));
    expect((await verify()).damaged).toEqual([
      { key, damage: `bytes ${length} to ${length} were never written` },
    ]);
    await env.BUCKET.delete(key);
    expect((await verify()).damaged).toEqual([{ key, damage: "the object is missing" }]);
    expect(await filesOf(SERIES)).toMatchObject([{ damage: "the object is missing" }]);
    expect(loggedEvents(errors, "archive.damaged")).toHaveLength(3);
    await env.BUCKET.put(key, bytes);
    expect((await verify()).damaged).toEqual([]);
    expect(await filesOf(SERIES)).toMatchObject([{ damage: null, verifiedAt: TODAY + 60 }]);
  });

  test("reads the fragments too, of other programs as well", async () => {
    const { context } = archiverAt();
    await storeFragments(context, DUCKDB_FILE, SERIES);
    expect(await verify()).toMatchObject({ files: 1, damaged: [] });
    const [{ key } = { key: "" }] = await filesOf(SERIES);
    const flipped = DUCKDB_FILE.slice();
    flipped[100] = (flipped[100] ?? 0) ^ 1;
    await env.BUCKET.put(key, flipped);
    expect(rangeIn((await verify()).damaged[0]?.damage ?? "")).toEqual([0, DUCKDB_FILE.length - 1]);
  });

  test("reads the files of one series, or of one partition, where it is asked to", async () => {
    const other = seriesOf("ETH");
    await archiveCandles(SERIES, candlesAt(0, 10));
    await archiveCandles(other, candlesAt(0, 10));
    expect(await verify()).toMatchObject({ partitions: 2, files: 2, next: null });
    expect(await verify({ series: other })).toMatchObject({ partitions: 1 });
    expect(await verify({ series: other, partition: PARTITION })).toMatchObject({ partitions: 1 });
    expect(await verify({ series: other, partition: "2026-09" })).toMatchObject({ partitions: 0 });
    const after = { series: SERIES, partition: PARTITION };
    expect(await verify({ after })).toMatchObject({ partitions: 1, next: null });
  });

  test("of one series reads no other series' rows", async () => {
    const other = seriesOf("ZZZ");
    await archiveCandles(SERIES, candlesAt(0, 10));
    await archiveCandles(other, candlesAt(0, 10));
    const row = await env.DB.prepare(
      "SELECT * FROM archive_files WHERE symbol = 'BTC-USDT'",
    ).first();
    const columns = Object.keys(row ?? {});
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
       INSERT INTO archive_files (${columns.join(", ")})
       SELECT ${columns.map((name) => (name === "key" ? "key || i" : name)).join(", ")}
       FROM archive_files, n WHERE symbol = 'BTC-USDT'`,
    ).run();
    let read = 0;
    const db: D1Database = Object.create(env.DB);
    db.batch = async <Row>(statements: D1PreparedStatement[]) => {
      const results = await env.DB.batch<Row>(statements);
      read += results.reduce((sum, { meta }) => sum + meta.rows_read, 0);
      return results;
    };
    db.prepare = (sql) => env.DB.prepare(sql);
    expect(await listPartitions(db, { series: other }, 10)).toHaveLength(1);
    expect(read).toBeLessThan(10);
    const before = { series: SERIES, partition: PARTITION };
    expect(await listPartitions(db, { series: other, after: before }, 10)).toHaveLength(1);
    expect(read).toBeLessThan(20);
    expect(await countPartitions(env.DB, { series: other })).toBe(1);
  });

  test("goes through a hundred partitions a call, and says where to go on", async () => {
    const { context } = archiverAt();
    const names = Array.from({ length: 130 }, (_, index) => seriesOf(`A${index}`));
    for (const series of names) {
      await storeFragments(context, fileOf(series, candlesAt(0, 1)), series);
    }
    const first = await verify();
    expect(first).toMatchObject({ partitions: 100, files: 100, damaged: [], left: 30 });
    expect(first.next).toMatch(/^binance:A\d+-USDT:1m:2026-10$/);
    const [source = "", symbol = ""] = (first.next ?? "").split(":");
    expect(source).toBe("binance");
    const after = { series: { ...SERIES, symbol }, partition: PARTITION };
    expect(await verify({ after })).toMatchObject({ partitions: 30, next: null });
  }, 60_000);
});

/** What verifying says of a history of three changes once `statement` has changed it. */
async function problemsAfter(statement: string): Promise<string[]> {
  await archiveCandles(SERIES, candlesAt(0, 10));
  await archiveCandles(SERIES, candlesAt(10, 20), TODAY + 1);
  await archiveCandles(SERIES, candlesAt(20, 30), TODAY + 2);
  expect((await verify()).chains).toEqual([]);
  await env.DB.prepare(statement).run();
  return (await verify()).chains.map(({ problem }) => problem);
}

describe("a history that was rewritten", () => {
  test.each([
    [
      "in a change",
      "UPDATE archive_changes SET at = at + 1 WHERE sequence = 2",
      "change 2 is not what was recorded",
    ],
    [
      "in the last change",
      "UPDATE archive_changes SET removed = '[]' WHERE sequence = 3",
      "change 3 is not what was recorded",
    ],
    [
      "by another hash before",
      "UPDATE archive_changes SET before_hash = 'f' WHERE sequence = 2",
      "change 2 does not follow the change before it",
    ],
    [
      "by taking a change out",
      "DELETE FROM archive_changes WHERE sequence = 2",
      "change 2 is missing",
    ],
    [
      "by taking the first change out",
      "DELETE FROM archive_changes WHERE sequence = 1",
      "change 1 is missing",
    ],
    [
      "by taking the last change out",
      "DELETE FROM archive_changes WHERE sequence = 3",
      "which no change added",
    ],
    [
      "by taking the file's row out",
      "DELETE FROM archive_files WHERE state = 'current'",
      "the manifest has no row for candles/",
    ],
    ["by taking all rows out", "DELETE FROM archive_files", "the manifest has no row for candles/"],
    [
      "by using a replaced file again",
      "UPDATE archive_files SET state = CASE state WHEN 'current' THEN 'replaced' ELSE 'current' END",
      "which no change added",
    ],
    [
      "by another hash of the file",
      "UPDATE archive_files SET file_hash = 'f' WHERE state = 'current'",
      "as another file than the changes do",
    ],
  ])("%s is seen", async (_, statement, problem) => {
    expect(await problemsAfter(statement)).toEqual([expect.stringContaining(problem)]);
  });

  test("as a whole is seen: the files say which change they follow", async () => {
    await archiveCandles(SERIES, candlesAt(0, 10));
    await archiveCandles(SERIES, candlesAt(10, 20), TODAY + 1);
    expect((await verify()).chains).toEqual([]);
    const chain = await readChain(env.DB, SERIES, PARTITION);
    let head = CHAIN_START;
    for (const change of chain) {
      const other = { ...change, at: change.at - 3_600 };
      const hash = sha256Hex(changeText(other, head));
      await env.DB.prepare(
        "UPDATE archive_changes SET at = ?1, before_hash = ?2, after_hash = ?3 WHERE sequence = ?4",
      )
        .bind(other.at, head.hash, hash, change.sequence)
        .run();
      head = { sequence: change.sequence, hash };
    }
    expect((await verify()).chains).toMatchObject([
      { problem: expect.stringMatching(/follows another change 1 than the history has$/) },
    ]);
  });

  test("is seen where a row's damage was only cleared by hand", async () => {
    await archiveCandles(SERIES, candlesAt(0, 10));
    const { key, bytes } = await currentObject();
    await env.BUCKET.put(key, bytes.slice(1));
    await verify();
    await recordDamage(env.DB, { series: SERIES, partition: PARTITION, key }, null, TODAY);
    expect((await verify()).damaged).toHaveLength(1);
  });
});

const DAY = 86_400;
const night = (now: number) => verifyOldest(archiverAt(now).context);
const verifiedAt = async () => (await filesOf(SERIES)).map((file) => file.verifiedAt);

describe("each night", () => {
  test("files that were not read back for thirty days are, and no other", async () => {
    await archiveCandles(SERIES, candlesAt(0, 3));
    const [at] = await verifiedAt();
    const first = at ?? 0;
    expect(await night(first + 30 * DAY)).toEqual({ files: 0, damaged: 0 });
    expect(await night(first + 30 * DAY + 1)).toEqual({ files: 1, damaged: 0 });
    expect(await verifiedAt()).toEqual([first + 30 * DAY + 1]);
    expect(await night(first + 31 * DAY)).toEqual({ files: 0, damaged: 0 });
  });

  test("one that is not what was written is found, and told of once", async () => {
    await archiveCandles(SERIES, candlesAt(0, 3));
    const { key, bytes } = await currentObject();
    await env.BUCKET.put(
      key,
      bytes.map((byte, place) => (place === 40 ? byte ^ 1 : byte)),
    );
    expect(await night(TODAY + 60 * DAY)).toEqual({ files: 1, damaged: 1 });
    expect(loggedEvents(errors, "archive.damaged")).toMatchObject([{ key }]);
    expect(await night(TODAY + 61 * DAY)).toEqual({ files: 0, damaged: 0 });
  });
});
