import { env } from "cloudflare:workers";
import { newTally, type LedgerTally } from "@candlehouse/shared/core/ledger";
import type { CompactionMessage } from "@candlehouse/shared/queue/compaction-message";
import { countD1 } from "@candlehouse/shared/ledger/count-d1";
import { countQueue } from "@candlehouse/shared/ledger/count-queue";
import { countR2 } from "@candlehouse/shared/ledger/count-r2";
import { recordWork } from "@candlehouse/shared/ledger/record-work";
import { createMessageBatch } from "cloudflare:test";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { answerRequest } from "../src/answer-request.ts";
import { consumeCompaction } from "../src/consume-compaction.ts";
import { archiverAt, fileOf } from "./archiver-at.ts";
import { candlesAt, OCTOBER, PARTITION, putHot, seriesOf, TODAY } from "./warehouse.ts";

const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
vi.spyOn(console, "log").mockImplementation(() => undefined);

beforeEach(async () => {
  errors.mockClear();
  await env.DB.prepare("DELETE FROM cost_ledger").run();
});

async function ledger(): Promise<(LedgerTally & { work: string; hour: number })[]> {
  const { results } = await env.DB.prepare("SELECT * FROM cost_ledger ORDER BY work").all<
    LedgerTally & { work: string; hour: number }
  >();
  return results;
}

const SELECT = "SELECT work, runs FROM cost_ledger WHERE hour = ?1";

/** What a database answers to each way to ask it. */
async function askAllWays(of: D1Database): Promise<unknown[]> {
  const statement = of.prepare(SELECT);
  const [batched] = await of.batch([statement.bind(7_200)]);
  return [
    (await statement.bind(7_200).all()).results,
    await statement.bind(7_200).first(),
    await statement.bind(7_200).first("runs"),
    await statement.bind(1).first(),
    await statement.bind(1).first("runs"),
    await statement.bind(7_200).raw(),
    batched?.results,
    (await of.prepare("DELETE FROM cost_ledger WHERE hour = 1").run()).success,
  ];
}

describe("a database that counts", () => {
  beforeEach(async () => {
    await recordWork(env.DB, "store", { runs: 5 }, 7_200);
    await recordWork(env.DB, "collect", { runs: 7 }, 7_200);
  });

  test("answers what the database itself answers, whoever asks in which way", async () => {
    const tally = newTally();
    const db = countD1(env.DB, tally);
    expect(await askAllWays(db)).toEqual(await askAllWays(env.DB));
    expect(tally.rows_read).toBeGreaterThan(0);
    await expect(db.prepare("SELECT 1 AS one").first("two")).rejects.toThrow("two");
    await expect(db.prepare("SELECT nothing").all()).rejects.toThrow("nothing");
  });

  test("counts what is billed of each statement, as it is billed", async () => {
    const tally = newTally();
    const db = countD1(env.DB, tally);
    const { meta } = await db.prepare(SELECT).bind(7_200).all();
    expect(tally).toEqual({ ...newTally(), rows_read: meta.rows_read });
    const first = meta.rows_read;
    await db.prepare(SELECT).bind(7_200).first("runs");
    expect(tally.rows_read).toBe(2 * first);
    const put = "INSERT INTO cost_ledger (hour, work) VALUES (?, 'store')";
    await db.batch([db.prepare(put).bind(1), env.DB.prepare(put).bind(2)]);
    await db.prepare(put).bind(3).run();
    expect(tally.rows_written).toBe(3);
  });
});

describe("a bucket that counts", () => {
  test("gives what the bucket gives, and counts by the class that is billed", async () => {
    const tally = newTally();
    const bucket = countR2(env.BUCKET, tally);
    await bucket.put("ledger/one", "body");
    const object = await bucket.get("ledger/one", { range: { offset: 1, length: 2 } });
    expect(await object?.text()).toBe("od");
    expect((await bucket.head("ledger/one"))?.size).toBe(4);
    expect(await bucket.get("ledger/none")).toBeNull();
    const { objects } = await bucket.list({ prefix: "ledger/" });
    expect(objects.map(({ key }) => key)).toEqual(["ledger/one"]);
    const upload = await bucket.createMultipartUpload("ledger/two");
    const part = await upload.uploadPart(1, "parts");
    await upload.complete([part]);
    expect(upload.key).toBe("ledger/two");
    await bucket.delete(["ledger/one", "ledger/two"]);
    expect(tally).toEqual({ ...newTally(), class_a: 5, class_b: 3 });
  });
});

describe("a queue that counts", () => {
  test("counts what it took, and nothing of what it refused", async () => {
    const tally = newTally();
    const taken: unknown[] = [];
    const queue: Queue<CompactionMessage> = Object.create(env.COMPACTION);
    const metadata = { metrics: { backlogCount: 0, backlogBytes: 0 } };
    vi.spyOn(queue, "sendBatch").mockImplementationOnce(async (messages) => {
      taken.push(...messages);
      return { metadata };
    });
    vi.spyOn(queue, "sendBatch").mockRejectedValueOnce(new Error("Too many requests"));
    const counted = countQueue(queue, tally);
    const body: CompactionMessage = { ...seriesOf("LEDGERSEND"), partition: PARTITION };
    const messages = function* () {
      yield { body };
      yield { body };
    };
    await counted.sendBatch(messages());
    await expect(counted.sendBatch(messages())).rejects.toThrow("Too many requests");
    expect(taken).toHaveLength(2);
    expect(tally).toEqual({ ...newTally(), queue_operations: 2 });
  });
});

describe("a row of the ledger", () => {
  test("is added to, hour by hour and work by work, with the row that is written for it", async () => {
    await recordWork(env.DB, "archive", { runs: 1, rows_written: 3 }, 3_600);
    await recordWork(env.DB, "archive", { runs: 2, class_a: 4 }, 7_199);
    await recordWork(env.DB, "archive", { runs: 4 }, 7_200);
    await recordWork(env.DB, "import", { runs: 8 }, 7_200);
    expect(await ledger()).toEqual([
      { hour: 3_600, work: "archive", ...newTally(), runs: 3, class_a: 4, rows_written: 5 },
      { hour: 7_200, work: "archive", ...newTally(), runs: 4, rows_written: 1 },
      { hour: 7_200, work: "import", ...newTally(), runs: 8, rows_written: 1 },
    ]);
  });

  test("that cannot be written fails nothing, and the log has what is lost, once", async () => {
    const db: D1Database = Object.create(env.DB);
    vi.spyOn(db, "prepare").mockImplementation(() => {
      throw new Error("D1_ERROR: Network connection lost");
    });
    await recordWork(db, "store", { candles: 12 }, 3_600);
    expect(errors).toHaveBeenCalledTimes(1);
    expect(JSON.parse(String(errors.mock.calls[0]?.[0]))).toMatchObject({
      event: "handler.failed",
      handler: "ledger",
      code: "storage_unavailable",
      reason: expect.stringContaining('{"candles":12,"rows_written":1}'),
    });
    expect(await ledger()).toEqual([]);
  });
});

describe("the archiver", () => {
  test("tells of a batch of compactions: what was read, sent on, acknowledged and sent back", async () => {
    const series = seriesOf("LEDGERQUEUE");
    const { context } = archiverAt();
    const order = new Request(`https://archiver/v1/fragments`, {
      method: "POST",
      body: fileOf(series, candlesAt(0, 50)),
    });
    await answerRequest(order, context);
    expect(await ledger()).toMatchObject([
      { work: "archive", hour: TODAY, runs: 0, candles: 50, class_a: 1, requests: 0 },
    ]);
    const [fragments] = await ledger();
    // The message that asks for the compaction.
    expect(fragments?.queue_operations).toBe(1);
    const { source, symbol, timeframe } = series;
    const bodies = [{ source, symbol, timeframe, partition: PARTITION }, { partition: PARTITION }];
    const batch = createMessageBatch(
      "compaction",
      bodies.map((body, index) => ({ id: `${index}`, timestamp: new Date(), attempts: 1, body })),
    );
    const tally = newTally();
    await consumeCompaction(batch, context, tally);
    expect(tally).toMatchObject({ runs: 1, requests: 1, queue_operations: 3, retried: 1 });
  });

  test("tells of an import what became of its rows, and of the same file again only what it cost", async () => {
    const { context } = archiverAt();
    const rows = Array.from({ length: 40 }, (_, index) => {
      const time = (OCTOBER + index * 60) * 1_000;
      return `${time},1,2,0.5,1.5,10,${time + 59_999},15,3,1,1,0`;
    });
    const imported = async () =>
      answerRequest(
        new Request("https://archiver/v1/imports?name=LEDGERUSDT-1m-2026-10.csv", {
          method: "POST",
          body: rows.join("\n"),
        }),
        context,
      );
    expect((await imported()).status).toBe(200);
    const [first] = (await ledger()).filter(({ work }) => work === "import");
    expect(first).toMatchObject({
      runs: 1,
      requests: 1,
      candles: 40,
      inserted: 40,
      ignored: 0,
      revised: 0,
      class_a: 1,
      queue_operations: 1,
    });
    expect(first?.rows_written).toBeGreaterThan(3);
    expect((await imported()).status).toBe(200);
    const [both] = (await ledger()).filter(({ work }) => work === "import");
    expect(both).toMatchObject({ runs: 2, requests: 2, candles: 40, inserted: 40, class_a: 1 });
  });

  test("tells of a file that it refuses what reading it cost", async () => {
    const { context } = archiverAt();
    const order = new Request("https://archiver/v1/imports?name=LEDGERUSDT-1m-2026-10.csv", {
      method: "POST",
      body: "this,is,no,candle",
    });
    expect((await answerRequest(order, context)).status).toBe(422);
    expect(await ledger()).toMatchObject([{ work: "import", runs: 1, candles: 0, inserted: 0 }]);
  });

  test("tells of an order by hand, and of nothing where it only tells", async () => {
    await putHot(seriesOf("LEDGERRUN"), candlesAt(0, 3));
    const { context } = archiverAt();
    await answerRequest(new Request("https://archiver/v1/imports"), context);
    expect(await ledger()).toEqual([]);
    const verify = new Request("https://archiver/v1/archive/verify", {
      method: "POST",
      body: "{}",
    });
    expect((await answerRequest(verify, context)).status).toBe(200);
    expect(await ledger()).toMatchObject([{ work: "archive", runs: 0, requests: 1 }]);
  });
});
