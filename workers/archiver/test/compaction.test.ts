import { env } from "cloudflare:workers";
import { createMessageBatch, getQueueResult, createExecutionContext } from "cloudflare:test";
import type { ArchiveFile } from "@candlehouse/shared/core/archive";
import { archiveKey } from "@candlehouse/shared/core/archive-key";
import { CHAIN_START } from "@candlehouse/shared/core/archive";
import type { Candle } from "@candlehouse/shared/core/candle";
import type { Series } from "@candlehouse/shared/core/series";
import { applyChange, readPartitionState } from "@candlehouse/shared/d1/archive-manifest";
import { encodeCompaction } from "@candlehouse/shared/queue/compaction-message";
import { describeFile } from "@candlehouse/shared/r2/describe-file";
import { encodeCandleFile } from "@candlehouse/shared/r2/encode-candle-file";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { archivePartition } from "../src/archive-partition.ts";
import { compactPartition } from "../src/compact.ts";
import { consumeCompaction } from "../src/consume-compaction.ts";
import { loggedEvents } from "./logged-events.ts";
import { archiverAt } from "./archiver-at.ts";
import { gated, stopper, type Gate } from "./stoppable.ts";
import {
  candleAt,
  candlesAt,
  contextAt,
  paramsOf,
  PARTITION,
  putHot,
  readAll,
  readRevisions,
  seriesOf,
  stepsOf,
  TODAY,
} from "./warehouse.ts";

const output = vi.spyOn(console, "log").mockImplementation(() => undefined);
const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);

beforeEach(() => {
  output.mockClear();
  errors.mockClear();
});

const context = contextAt(TODAY);

async function archived(name: string, candles: readonly Candle[]): Promise<Series> {
  const series = seriesOf(name);
  await putHot(series, candles);
  await archivePartition(contextAt(TODAY - 86_400), paramsOf(series), stepsOf());
  return series;
}

/** Stores candles as a fragment of October, seen at `createdAt`; its key. */
async function addFragment(
  series: Series,
  candles: readonly Candle[],
  createdAt = TODAY - 600,
): Promise<string> {
  const { bytes, contentHash } = encodeCandleFile(series, candles, CHAIN_START);
  const key = archiveKey({ folder: "fragments", series, partition: PARTITION, name: contentHash });
  await env.BUCKET.put(key, bytes);
  const file: ArchiveFile = {
    ...describeFile(bytes, key, PARTITION),
    series,
    partition: PARTITION,
    key,
    state: "fragment",
    createdAt,
    replacedAt: null,
    verifiedAt: createdAt,
    damage: null,
  };
  const { head } = await readPartitionState(env.DB, series, PARTITION);
  const change = { series, partition: PARTITION, at: createdAt, kind: "register" } as const;
  expect(await applyChange(env.DB, { ...change, add: [file], remove: [] }, head)).toBe(true);
  return key;
}

async function fragmentsOf(series: Series): Promise<readonly ArchiveFile[]> {
  const { files } = await readPartitionState(env.DB, series, PARTITION);
  return files.filter(({ state }) => state === "fragment");
}

describe("compaction", () => {
  test("merges fragments into the current file", async () => {
    const series = await archived("MERGE", candlesAt(0, 50));
    await addFragment(series, candlesAt(40, 80));
    await addFragment(series, candlesAt(70, 100), TODAY - 500);
    expect(await compactPartition(context, { series, partition: PARTITION })).toEqual({
      fragments: 2,
      damaged: 0,
      added: 50,
      revised: 0,
      isOpen: false,
    });
    expect((await readAll(series)).cold).toEqual(candlesAt(0, 100));
    expect(await fragmentsOf(series)).toEqual([]);
    expect(loggedEvents(output, "archive.compacted")).toMatchObject([{ fragments: 2, rows: 100 }]);
  });

  test("makes a first file where the partition has none", async () => {
    const series = seriesOf("FIRST");
    await addFragment(series, candlesAt(3, 9));
    await compactPartition(context, { series, partition: PARTITION });
    expect((await readAll(series)).cold).toEqual(candlesAt(3, 9));
  });

  test("keeps the older value: of the file, of D1, of the older fragment; the others are revisions", async () => {
    const series = await archived("OLDER", [candleAt(0, 1)]);
    await putHot(series, [candleAt(1, 10), candleAt(2, 20)]);
    await addFragment(series, [candleAt(0, 2), candleAt(1, 11), candleAt(3, 30)], TODAY - 600);
    await addFragment(series, [candleAt(3, 31), candleAt(4, 40)], TODAY - 500);
    expect(await compactPartition(context, { series, partition: PARTITION })).toMatchObject({
      fragments: 2,
      added: 3,
      revised: 3,
    });
    const { cold, candles, hot } = await readAll(series);
    expect(cold).toEqual([candleAt(0, 1), candleAt(1, 10), candleAt(3, 30), candleAt(4, 40)]);
    expect(candles).toEqual([
      candleAt(0, 1),
      candleAt(1, 10),
      candleAt(2, 20),
      candleAt(3, 30),
      candleAt(4, 40),
    ]);
    expect(hot).toEqual([candleAt(1, 10), candleAt(2, 20)]);
    const revisions = await readRevisions(series);
    expect(revisions).toEqual([
      { ...candleAt(0, 2), seen_at_ms: (TODAY - 600) * 1_000 },
      { ...candleAt(1, 11), seen_at_ms: (TODAY - 600) * 1_000 },
      { ...candleAt(3, 31), seen_at_ms: (TODAY - 500) * 1_000 },
    ]);
  });

  test("keeps three values of one candle, two of which were seen at the same time", async () => {
    const series = await archived("THREE", [candleAt(0, 1)]);
    await addFragment(series, [candleAt(0, 2)]);
    await addFragment(series, [candleAt(0, 3)]);
    await compactPartition(context, { series, partition: PARTITION });
    const revisions = await readRevisions(series);
    expect(new Set(revisions.map(({ volume_from }) => volume_from))).toEqual(new Set([2, 3]));
    expect(revisions.map(({ seen_at_ms }) => seen_at_ms)).toEqual([
      (TODAY - 600) * 1_000,
      (TODAY - 600) * 1_000 + 1,
    ]);
  });

  test("writes no file where the fragments say nothing new", async () => {
    const series = await archived("KNOWN", candlesAt(0, 20));
    const { keys } = await readAll(series);
    await addFragment(series, candlesAt(5, 10));
    await compactPartition(context, { series, partition: PARTITION });
    expect((await readAll(series)).keys).toEqual(keys);
    expect(await fragmentsOf(series)).toEqual([]);
  });

  test("leaves out a damaged fragment, names it, and merges the others", async () => {
    const series = await archived("LEFTOUT", candlesAt(0, 10));
    const bad = await addFragment(series, candlesAt(10, 20));
    await addFragment(series, candlesAt(20, 30));
    const object = await env.BUCKET.get(bad);
    const bytes = new Uint8Array((await object?.arrayBuffer()) ?? []);
    await env.BUCKET.put(
      bad,
      bytes.map((byte, index) => (index === 8 ? byte ^ 1 : byte)),
    );
    expect(await compactPartition(context, { series, partition: PARTITION })).toMatchObject({
      fragments: 1,
      damaged: 1,
    });
    expect((await readAll(series)).cold).toEqual([...candlesAt(0, 10), ...candlesAt(20, 30)]);
    expect(await fragmentsOf(series)).toMatchObject([{ key: bad, damage: expect.any(String) }]);
    expect(loggedEvents(errors, "archive.damaged")).toMatchObject([{ key: bad }]);
  });

  test("keeps the candle that is stored while a fragment with another one is merged", async () => {
    const series = await archived("MEANWHILE", candlesAt(0, 10));
    await addFragment(series, candlesAt(10, 20));
    let puts = 0;
    const gate: Gate = async (name, call) => {
      if (name === "put") {
        puts += 1;
        await (puts === 1 ? putHot(series, [candleAt(12, 7)]) : undefined);
      }
      return call();
    };
    const stores = { bucket: gated(env.BUCKET, gate) };
    await compactPartition(contextAt(TODAY, stores), { series, partition: PARTITION });
    expect(puts).toBe(2);
    const { candles, cold } = await readAll(series);
    expect(candles[12]).toEqual(candleAt(12, 7));
    expect(cold).toEqual([...candlesAt(0, 12), candleAt(12, 7), ...candlesAt(13, 20)]);
    expect(await readRevisions(series)).toMatchObject([candleAt(12)]);
  });

  test("merges as many fragments as the invocation has statements for", async () => {
    const series = await archived("BUDGET", [candleAt(0), candleAt(5_000)]);
    await putHot(series, candlesAt(1, 3_000));
    const changed = candlesAt(1, 3_000).map((candle) => ({ ...candle, volume_from: 3 }));
    await addFragment(series, changed, TODAY - 600);
    await addFragment(series, candlesAt(3_000, 3_010), TODAY - 500);
    const target = { series, partition: PARTITION };
    expect(await compactPartition(context, target, { left: 109 })).toMatchObject({
      fragments: 0,
      isOpen: true,
    });
    expect(await fragmentsOf(series)).toHaveLength(2);

    let statements = 0;
    const gate: Gate = async (name, call) => {
      const result = await call();
      statements += Array.isArray(result)
        ? result.length
        : Number(name === "all" || name === "run");
      return result;
    };
    const budget = { left: 115 };
    const counted = contextAt(TODAY, { db: gated(env.DB, gate) });
    expect(await compactPartition(counted, target, budget)).toMatchObject({
      fragments: 1,
      revised: 2_999,
      isOpen: true,
    });
    expect(statements).toBeGreaterThanOrEqual(11);
    expect(115 - budget.left).toBeGreaterThanOrEqual(statements);
    expect(await compactPartition(context, target)).toMatchObject({ fragments: 1, isOpen: false });
    expect((await readAll(series)).cold).toEqual([...candlesAt(0, 3_010), candleAt(5_000)]);
  });

  test("starts again where the partition is changed under it", async () => {
    const series = await archived("RACE", candlesAt(0, 10));
    await addFragment(series, candlesAt(10, 20));
    const both = [1, 2, 3].map(() => compactPartition(context, { series, partition: PARTITION }));
    await Promise.all([...both, addFragment(series, candlesAt(20, 30)).catch(() => undefined)]);
    await compactPartition(context, { series, partition: PARTITION });
    const { cold } = await readAll(series);
    expect(cold.slice(0, 20)).toEqual(candlesAt(0, 20));
    expect(new Set(cold.map(({ timestamp }) => timestamp)).size).toBe(cold.length);
  });

  test.each(["before", "after"] as const)(
    "loses and doubles no candle when it is stopped anywhere, %s a call took effect",
    { timeout: 60_000 },
    async (mode) => {
      for (let at = 1, stopped = true; stopped; at += 1) {
        const series = await archived(`C${mode.toUpperCase()}${at}`, candlesAt(0, 30));
        await putHot(series, [candleAt(30), candleAt(35, 7)]);
        await addFragment(series, [candleAt(3, 9), ...candlesAt(28, 50)]);
        const stops = stopper({ at, mode });
        const { gate } = stops;
        const stores = { db: gated(env.DB, gate), bucket: gated(env.BUCKET, gate) };
        const run = compactPartition(contextAt(TODAY, stores), { series, partition: PARTITION });
        await run.catch(() => undefined);
        stopped = stops.stopped();
        const { candles } = await readAll(series);
        expect(candles.filter(({ trades }) => trades === 35)).toEqual([candleAt(35, 7)]);
        await compactPartition(contextAt(TODAY + 60), { series, partition: PARTITION });
        const { cold } = await readAll(series);
        expect(cold).toEqual([...candlesAt(0, 35), candleAt(35, 7), ...candlesAt(36, 50)]);
        expect(await readRevisions(series)).toMatchObject([candleAt(3, 9), candleAt(35)]);
        expect(await fragmentsOf(series)).toEqual([]);
      }
    },
  );
});

/** Delivers messages to the consumer; which were acknowledged, and which go back. */
async function deliver(bodies: readonly unknown[], attempts = 1) {
  const timestamp = new Date(TODAY * 1_000);
  const batch = createMessageBatch(
    "compaction",
    bodies.map((body, index) => ({ id: String(index), timestamp, attempts, body })),
  );
  const archiver = archiverAt(TODAY);
  await consumeCompaction(batch, archiver.context);
  const { explicitAcks, retryMessages } = await getQueueResult(batch, createExecutionContext());
  sent = archiver.sent;
  return { acked: explicitAcks, retried: retryMessages };
}

/** What the last delivery sent to the queue. */
let sent: readonly unknown[] = [];

describe("a message of the queue compaction", () => {
  test("is acknowledged when its fragments are merged, each partition once", async () => {
    const series = await archived("ACK", candlesAt(0, 5));
    await addFragment(series, candlesAt(5, 9));
    const message = encodeCompaction(series, PARTITION);
    expect(await deliver([message, message])).toEqual({ acked: ["0", "1"], retried: [] });
    expect((await readAll(series)).cold).toEqual(candlesAt(0, 9));
    expect(loggedEvents(output, "archive.compacted")).toHaveLength(1);
  });

  test("asks for the other fragments where they are more than one change merges", async () => {
    const series = await archived("MANY", candlesAt(0, 5));
    const spoiled = await addFragment(series, candlesAt(900, 910), TODAY - 999);
    await env.BUCKET.put(spoiled, "spoiled");
    for (let index = 5; index < 65; index += 1) {
      await addFragment(series, [candleAt(index)], TODAY - 900 + index);
    }
    const message = encodeCompaction(series, PARTITION);
    expect(await deliver([message, message])).toEqual({ acked: ["0", "1"], retried: [] });
    expect(sent).toEqual([message]);
    expect((await readAll(series)).cold).toEqual(candlesAt(0, 54));
    expect(await deliver([message])).toMatchObject({ acked: ["0"] });
    expect(sent).toEqual([]);
    expect((await readAll(series)).cold).toEqual(candlesAt(0, 65));
    expect(await fragmentsOf(series)).toMatchObject([{ key: spoiled }]);
  });

  test("is acknowledged when there is nothing to merge", async () => {
    const series = await archived("NOTHING", candlesAt(0, 5));
    expect(await deliver([encodeCompaction(series, PARTITION)])).toMatchObject({ acked: ["0"] });
  });

  test.each([
    ["of another shape", { hello: 1 }],
    [
      "with a month where a year is meant",
      { ...encodeCompaction({ ...seriesOf("X"), timeframe: "1h" }, PARTITION) },
    ],
    ["of a series that nobody knows", encodeCompaction(seriesOf("NOBODY"), PARTITION)],
  ])("%s goes back, and does not hold back the others", async (_what, body) => {
    const series = await archived(`OTHERS${String(_what.length)}`, candlesAt(0, 5));
    const result = await deliver([body, encodeCompaction(series, PARTITION)], 2);
    expect(result).toMatchObject({ acked: ["1"], retried: [{ msgId: "0" }] });
    expect(loggedEvents(errors, "compaction.retried")).toMatchObject([
      { messages: 1, code: "poison_message", delaySeconds: 60 },
    ]);
  });

  test("goes back where the current file is damaged, and the fragments stay", async () => {
    const series = await archived("DAMAGED", candlesAt(0, 5));
    await addFragment(series, candlesAt(5, 9));
    const [key = ""] = (await readAll(series)).keys;
    await env.BUCKET.delete(key);
    const result = await deliver([encodeCompaction(series, PARTITION)]);
    expect(result).toMatchObject({ acked: [], retried: [{ msgId: "0" }] });
    expect(loggedEvents(errors, "archive.damaged")).toMatchObject([
      { key, reason: "the object is missing" },
    ]);
    expect(await fragmentsOf(series)).toHaveLength(1);
  });

  test("comes through the local queue", async () => {
    const series = await archived("QUEUE", candlesAt(0, 5));
    await addFragment(series, candlesAt(5, 9));
    await env.COMPACTION.send(encodeCompaction(series, PARTITION));
    await vi.waitFor(async () => {
      expect((await readAll(series)).cold).toEqual(candlesAt(0, 9));
    }, 10_000);
  });
});
