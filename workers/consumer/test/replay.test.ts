import { env, exports } from "cloudflare:workers";
import { encodeDeadLetter } from "@candlehouse/shared/r2/dead-letter";
import { beforeEach, describe, expect, test, vi } from "vitest";
import {
  candleMessage,
  clearTables,
  COMPACTION_DEAD_LETTER_QUEUE,
  DEAD_LETTER_QUEUE,
  deadLetterRows,
  deliver,
  NOW_MS,
  QUEUE,
  storedRows,
} from "./delivery.ts";
import { always, faultyBucket, faultyDatabase } from "./faulty-stores.ts";
import { KeepingQueue, order, queuesOf } from "./letter-orders.ts";

beforeEach(async () => {
  await clearTables();
  vi.spyOn(console, "log").mockReturnValue();
  vi.spyOn(console, "error").mockReturnValue();
});

const NOW = NOW_MS / 1_000;
const POISON = { ...candleMessage(0), v: 2 };
const COMPACTION = {
  source: "binance",
  symbol: "BTC-USDT",
  timeframe: "1m",
  partition: "2026-10",
};

async function idOf(body: unknown): Promise<string> {
  return (await encodeDeadLetter(body)).id;
}

/** Has the consumer keep `body` as a dead letter; returns its id. */
async function keep(body: unknown, queue: string = DEAD_LETTER_QUEUE): Promise<string> {
  await deliver([{ body }], queue);
  return idOf(body);
}

/** Asks the Worker itself, whose queues are the local ones. */
async function askWorker(name: string, members: object): Promise<unknown> {
  const response = await exports.default.fetch(
    new Request(`https://worker/v1/dead-letters/${name}`, {
      method: "POST",
      body: JSON.stringify(members),
    }),
  );
  return response.json();
}

async function until(check: () => Promise<void>): Promise<void> {
  await vi.waitFor(check, { timeout: 10_000, interval: 50 });
}

describe("a dead letter that is replayed", () => {
  test("is stored by the consumer, and marked with the time", async () => {
    const id = await keep(candleMessage(0, 1));
    expect(await askWorker("replay", { ids: [id, id] })).toEqual({
      replayed: 1,
      ids: [id],
      failed: [],
      remaining: 0,
      message: "1 dead letter sent to the queue again; what fails again is open again",
    });
    await until(async () => expect(await storedRows()).toHaveLength(2));
    const [letter] = await deadLetterRows();
    expect(letter).toMatchObject({ state: "replayed", seen_count: 1, discard_reason: null });
    expect(Math.abs(Number(letter?.["settled_at"]) - Date.now() / 1_000)).toBeLessThan(60);
  });

  test("is open again with its count where it fails again, bytes as well as JSON", async () => {
    const bytes = Uint8Array.of(1, 2, 255).buffer;
    const ids = [await keep(POISON, QUEUE), await keep(bytes, QUEUE), await keep("text", QUEUE)];
    expect(await askWorker("replay", { ids })).toMatchObject({ replayed: 3, failed: [] });
    await until(async () => {
      const letters = await deadLetterRows();
      expect(letters.map(({ seen_count }) => seen_count)).toEqual([2, 2, 2]);
    });
    for (const letter of await deadLetterRows()) {
      expect(letter).toMatchObject({ state: "open", settled_at: null });
    }
  });

  test("is open even where it comes back before it could be marked", async () => {
    const id = await keep(POISON, QUEUE);
    expect((await order("replay", { ids: [id] })).body).toMatchObject({ replayed: 1, ids: [id] });
    expect(await deadLetterRows()).toMatchObject([
      { state: "open", seen_count: 2, settled_at: null },
    ]);
  });

  test("stays open where it was sent and could not be marked, and is stored once all the same", async () => {
    const id = await keep(candleMessage(0));
    let calls = 0;
    const db = faultyDatabase(env.DB, () => {
      calls += 1;
      // The first finds the letter, the second marks it.
      return { fate: calls === 2 ? "fails before" : "works", error: new Error("D1 is away") };
    });
    const { body } = await order("replay", { ids: [id] }, { db });
    expect(body).toMatchObject({ replayed: 0, failed: [{ id, code: "storage_unavailable" }] });
    expect(JSON.stringify(body)).not.toContain("D1 is away");
    expect(await deadLetterRows()).toMatchObject([{ state: "open", seen_count: 1 }]);
    expect((await order("replay", { ids: [id] })).body).toMatchObject({ replayed: 1 });
    expect(await deadLetterRows()).toMatchObject([{ state: "replayed", seen_count: 1 }]);
    expect(await storedRows()).toHaveLength(1);
  });

  test("stays open where the queue does not take it", async () => {
    const id = await keep(candleMessage(0));
    const refusing = { sendBatch: () => Promise.reject(new Error("Too Many Requests")) };
    const { body } = await order("replay", { ids: [id] }, { queues: queuesOf(refusing) });
    expect(body).toMatchObject({ replayed: 0, failed: [{ id, code: "queue_unavailable" }] });
    expect(await deadLetterRows()).toMatchObject([{ state: "open" }]);
  });

  test("may be replayed once more, or after it was discarded", async () => {
    const id = await keep(candleMessage(0));
    await order("discard", { ids: [id], reason: "by mistake" });
    for (const seconds of [0, 60]) {
      const realNowMs = () => NOW_MS + seconds * 1_000;
      const { body } = await order("replay", { ids: [id] }, { realNowMs });
      expect(body).toMatchObject({ replayed: 1 });
      expect(await deadLetterRows()).toMatchObject([
        { state: "replayed", settled_at: NOW + seconds, discard_reason: null },
      ]);
    }
    expect(await storedRows()).toHaveLength(1);
  });

  test("is sent by each of two orders at once, stored once, and marked", async () => {
    const id = await keep(candleMessage(0));
    const answers = await Promise.all([
      order("replay", { ids: [id] }),
      order("replay", { all: true }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await storedRows()).toHaveLength(1);
    expect(await deadLetterRows()).toMatchObject([{ state: "replayed", seen_count: 1 }]);
  });

  test("stays discarded where somebody discards it while it is sent", async () => {
    const id = await keep(candleMessage(0));
    const slow = {
      sendBatch: () => order("discard", { ids: [id], reason: "not needed" }),
    };
    await order("replay", { ids: [id] }, { queues: queuesOf(slow) });
    expect(await deadLetterRows()).toMatchObject([
      { state: "discarded", discard_reason: "not needed" },
    ]);
  });

  test("goes to the queue it came from, a batch of at most 100 a call", async () => {
    const candles = new KeepingQueue();
    const compaction = new KeepingQueue();
    const bodies = Array.from({ length: 130 }, (_, index) => candleMessage(index));
    await deliver(
      bodies.map((body) => ({ body })),
      DEAD_LETTER_QUEUE,
    );
    await keep(COMPACTION, COMPACTION_DEAD_LETTER_QUEUE);
    const queues = queuesOf(candles, compaction);
    const { body } = await order("replay", { all: true }, { queues });
    expect(body).toMatchObject({ replayed: 131, failed: [], remaining: 0 });
    expect(compaction.bodies).toEqual([COMPACTION]);
    expect(candles.bodies).toHaveLength(130);
    expect(candles.bodies).toEqual(expect.arrayContaining(bodies));
    expect(Math.max(...candles.batches.map((batch) => batch.length))).toBeLessThanOrEqual(100);
  });

  test("goes in calls of at most 256 KB", async () => {
    const candles = new KeepingQueue();
    const bodies = ["a", "b", "c", "d", "e"].map((letter) => letter.repeat(100_000));
    for (const body of bodies) {
      await keep(body, QUEUE);
    }
    const { body } = await order("replay", { all: true }, { queues: queuesOf(candles) });
    expect(body).toMatchObject({ replayed: 5 });
    expect(candles.batches.map((batch) => batch.length)).toEqual([2, 2, 1]);
  });
});

describe("a dead letter that cannot be replayed", () => {
  test("is named with the reason, and does not hold back the others", async () => {
    const good = await keep(candleMessage(0));
    const missing = await keep(candleMessage(1));
    const damaged = await keep(candleMessage(2));
    const large = await keep("x".repeat(128_000), QUEUE);
    const elsewhere = await keep(candleMessage(3));
    const unknown = "0".repeat(64);
    await env.BUCKET.delete(`dead-letters/${missing}.json`);
    await env.BUCKET.put(`dead-letters/${damaged}.json`, JSON.stringify(candleMessage(7)));
    await env.DB.prepare("UPDATE dead_letters SET queue = 'trades' WHERE id = ?")
      .bind(elsewhere)
      .run();
    const ids = [missing, damaged, large, elsewhere, unknown, good];
    const { status, body } = await order("replay", { ids });
    expect(status).toBe(200);
    expect(body).toMatchObject({ replayed: 1, ids: [good], remaining: 0 });
    const failed = body["failed"] as { id: string; code: string; reason: string }[];
    expect(Object.fromEntries(failed.map(({ id, code }) => [id, code]))).toEqual({
      [missing]: "body_missing",
      [damaged]: "body_damaged",
      [large]: "payload_too_large",
      [elsewhere]: "unknown_queue",
      [unknown]: "not_found",
    });
    expect(body["message"]).toContain("5 dead letters not sent: see failed");
    const states = (await deadLetterRows()).map(({ id, state }) => [id, state]);
    expect(states.filter(([, state]) => state === "replayed")).toEqual([[good, "replayed"]]);
    expect(await storedRows()).toHaveLength(1);
  });

  test("stays open while R2 is away", async () => {
    const id = await keep(candleMessage(0));
    const bucket = faultyBucket(env.BUCKET, always("fails before", "R2 is away"));
    const { body } = await order("replay", { ids: [id] }, { bucket });
    expect(body).toMatchObject({ failed: [{ id, code: "storage_unavailable" }] });
    expect(await deadLetterRows()).toMatchObject([{ state: "open" }]);
  });
});

/** The bodies that are sent by an order to replay all that `filter` means; they are open afterwards. */
async function sentBy(filter: object): Promise<unknown[]> {
  const queue = new KeepingQueue();
  await order("replay", { all: true, ...filter }, { queues: queuesOf(queue) });
  await env.DB.prepare("UPDATE dead_letters SET state = 'open'").run();
  return queue.bodies;
}

describe("all open dead letters", () => {
  test("are those of the source, queue and reason that are named", async () => {
    const kraken = { ...candleMessage(0), source: "kraken" };
    await keep(kraken);
    await keep(candleMessage(1));
    await keep({ ...POISON, source: "kraken" }, QUEUE);
    await keep(COMPACTION, COMPACTION_DEAD_LETTER_QUEUE);
    expect(await sentBy({})).toHaveLength(4);
    expect(await sentBy({ source: "kraken", queue: DEAD_LETTER_QUEUE })).toEqual([kraken]);
    expect(await sentBy({ reason_code: "poison_message" })).toHaveLength(1);
    expect(await sentBy({ queue: COMPACTION_DEAD_LETTER_QUEUE })).toEqual([COMPACTION]);
    expect(await sentBy({ source: "mtgox" })).toEqual([]);
  });

  test("are a thousand a request, those seen last at the end, and the rest is counted", async () => {
    const rows = Array.from({ length: 1_003 }, (_, index) => [
      index.toString(16).padStart(64, "0"),
      // None of these can be sent, so that no body is needed; the one seen first was inserted last.
      NOW - index,
    ]);
    await env.DB.prepare(
      `INSERT INTO dead_letters (id, queue, reason_code, reason, body_key, body_bytes, first_seen, last_seen)
       SELECT value->>0, 'trades', 'poison_message', '', '', 2, 0, value->>1 FROM json_each(?1)`,
    )
      .bind(JSON.stringify(rows))
      .run();
    const { body } = await order("replay", { all: true });
    expect(body).toMatchObject({ replayed: 0, remaining: 3 });
    const ids = (body["failed"] as { id: string }[]).map(({ id }) => id);
    expect(ids).toEqual(
      rows
        .slice(3)
        .map(([id]) => id)
        .toReversed(),
    );
  });

  test("are none where all is well", async () => {
    expect((await order("replay", { all: true })).body).toMatchObject({
      replayed: 0,
      ids: [],
      failed: [],
      remaining: 0,
    });
  });
});

describe("a dead letter that is discarded", () => {
  test("keeps the reason and its body, and is open again where the body comes again", async () => {
    const id = await keep(POISON, QUEUE);
    const answer = await order("discard", { ids: [id], reason: " a test message " });
    expect(answer.body).toEqual({
      discarded: 1,
      ids: [id],
      message: "1 dead letter discarded; what was in them stays on R2",
    });
    expect(await deadLetterRows()).toMatchObject([
      { state: "discarded", discard_reason: "a test message", settled_at: NOW },
    ]);
    expect(await (await env.BUCKET.get(`dead-letters/${id}.json`))?.json()).toEqual(POISON);
    await keep(POISON, QUEUE);
    expect(await deadLetterRows()).toMatchObject([
      { state: "open", discard_reason: null, settled_at: null, seen_count: 2 },
    ]);
  });

  test("was open: one that was replayed stays as it is", async () => {
    const replayed = await keep(candleMessage(0));
    await order("replay", { ids: [replayed] });
    const answer = await order("discard", {
      ids: [replayed, "0".repeat(64)],
      reason: "not needed",
    });
    expect(answer.body).toMatchObject({ discarded: 0, ids: [] });
    expect(answer.body["message"]).toContain("2 of those named are not open");
    expect(await deadLetterRows()).toMatchObject([{ state: "replayed", discard_reason: null }]);
  });
});

async function statusOf(method: string, path: string): Promise<number> {
  const request = new Request(`https://worker${path}`, { method });
  return (await exports.default.fetch(request)).status;
}

describe("an order that cannot be meant", () => {
  const ID = "0".repeat(64);
  test.for([
    ["replay", "nothing", {}, "all"],
    ["replay", "not all", { all: false }, "all"],
    ["replay", "no id", { ids: [] }, "ids"],
    ["replay", "what is no id", { ids: ["ab"] }, "ids"],
    ["replay", "ids that are no list", { ids: ID }, "ids"],
    ["replay", "ids and all", { ids: [ID], all: true }, "all"],
    ["replay", "ids and a filter", { ids: [ID], source: "binance" }, "source"],
    ["replay", "an empty filter", { all: true, queue: "" }, "queue"],
    ["replay", "an unknown member", { all: true, since: 7 }, "since"],
    ["replay", "101 ids", { ids: Array.from({ length: 101 }, () => ID) }, "ids"],
    ["discard", "no reason", { ids: [ID] }, "reason"],
    ["discard", "a blank reason", { ids: [ID], reason: " " }, "reason"],
    ["discard", "501 characters", { ids: [ID], reason: "x".repeat(501) }, "reason"],
    ["discard", "no ids", { reason: "none" }, "ids"],
    ["discard", "all", { ids: [ID], all: true, reason: "everything" }, "all"],
  ] as const)("is refused: to %s %s", async ([name, , members, parameter]) => {
    const { status, body } = await order(name, members);
    expect([status, body["parameter"]]).toEqual([400, parameter]);
  });

  test("is not answered elsewhere or otherwise", async () => {
    expect(await statusOf("GET", "/v1/dead-letters/replay")).toBe(405);
    expect(await statusOf("POST", "/v1/dead-letters")).toBe(404);
  });
});
