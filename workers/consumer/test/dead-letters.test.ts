import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { MESSAGE_CANDLES_MAX } from "@candlehouse/shared/queue/candle-message";
import {
  candleMessage,
  candleRow,
  clearTables,
  COMPACTION_DEAD_LETTER_QUEUE,
  DEAD_LETTER_QUEUE,
  deadLetterRows,
  deliver,
  messageOf,
  NOW_MS,
  QUEUE,
  revisionRows,
  START,
  storedRows,
} from "./delivery.ts";
import { always, faultyBucket, faultyDatabase } from "./faulty-stores.ts";

beforeEach(clearTables);

/** A message whose candle has `value` in the place `index`. */
function withValue(index: number, value: unknown): unknown {
  const row: unknown[] = [...candleRow(0)];
  row[index] = value;
  return { v: 1, source: "binance", origin: "cron", candles: [row] };
}

const NOW = NOW_MS / 1_000;

const POISON: readonly (readonly [name: string, body: unknown, reason: string])[] = [
  ["another version", { ...candleMessage(0), v: 2 }, 'message["v"] is 2'],
  ["an unknown field", { ...candleMessage(0), more: 1 }, "more"],
  ["no candle", { ...candleMessage(0), candles: [] }, 'message["candles"] is []'],
  [
    "11 candles",
    candleMessage(...Array.from({ length: MESSAGE_CANDLES_MAX + 1 }, (_, i) => i)),
    'message["candles"]',
  ],
  ["an unknown source", { ...candleMessage(0), source: "mtgox" }, 'message["source"] is "mtgox"'],
  ["an unknown origin", { ...candleMessage(0), origin: "rumour" }, 'message["origin"] is "rumour"'],
  ["an unknown symbol", withValue(0, "XBT-USD"), 'message["candles"][0][0] is "XBT-USD"'],
  ["an unknown timeframe", withValue(1, "7m"), 'message["candles"][0][1] is "7m"'],
  ["a timestamp of text", withValue(2, "1700000040"), 'message["candles"][0][2] is "1700000040"'],
  [
    "a misaligned timestamp",
    withValue(2, START + 1),
    `message["candles"][0]: timestamp ${START + 1} is not an open time of 1m`,
  ],
  [
    "a timestamp in milliseconds",
    withValue(2, START * 1_000),
    `timestamp ${START * 1_000} is in the future`,
  ],
  [
    "a candle that closes in the future",
    withValue(2, NOW + 60),
    `timestamp ${NOW + 60} is in the future`,
  ],
  ["a NaN, which is null in JSON", withValue(3, null), 'message["candles"][0][3] is null: open'],
  [
    "a decimal in another spelling",
    withValue(4, "27510.250"),
    'message["candles"][0][4] is "27510.250"',
  ],
  ["a negative price", withValue(5, -1), "low -1 is not above zero"],
  ["a high below the low", withValue(4, 27_000), "high 27000 is below low 27499.9"],
  ["a close above the high", withValue(6, 28_000), "close 28000 is outside"],
  ["a negative volume", withValue(7, -0.5), "volume_from -0.5 is negative"],
  ["half a trade", withValue(9, 0.5), 'message["candles"][0][9] is 0.5'],
  [
    "a value too few",
    { ...candleMessage(0), candles: [candleRow(0).slice(1)] },
    'message["candles"][0] is ["1m"',
  ],
  [
    "a candle that stands twice, with different values",
    messageOf(candleRow(0, 27_505), candleRow(0, 27_506)),
    "stands twice",
  ],
  ["no object", "candles, please", 'message is "candles, please"'],
  ["nothing", null, "message is null"],
  ["2 MB of text", "x".repeat(2_000_000), "(2000002 characters)"],
  [
    "2 MB of candles",
    candleMessage(...Array.from({ length: 26_000 }, (_, i) => i)),
    'message["candles"]',
  ],
  ["a number that JSON cannot hold", { ...candleMessage(0), v: 1n }, "unreadable"],
];

describe("a message that can never be stored", () => {
  test.for(POISON)("with %s is kept as a dead letter that says so", async ([, body, reason]) => {
    const result = await deliver([{ body: candleMessage(7) }, { id: "bad", body }]);
    expect(result.explicitAcks).toContain("bad");
    expect(result.retryMessages).toEqual([]);
    const letters = await deadLetterRows();
    expect(letters).toMatchObject([{ queue: QUEUE, reason_code: "poison_message", seen_count: 1 }]);
    expect(letters[0]?.["reason"]).toContain(reason);
    expect(String(letters[0]?.["reason"]).length).toBeLessThanOrEqual(1_000);
    expect(await storedRows()).toHaveLength(1);
  });

  test("is kept whole on R2, with its reason beside it", async () => {
    const body = { ...candleMessage(0, 1), source: "mtgox…" };
    await deliver([{ body, sentAtMs: NOW_MS - 5 }]);
    const [letter] = await deadLetterRows();
    const text = JSON.stringify(body);
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    const id = [...new Uint8Array(digest)]
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join("");
    expect(letter).toMatchObject({
      id,
      body_key: `dead-letters/${id}.json`,
      body_bytes: new TextEncoder().encode(text).length,
      source: "mtgox…",
      candles: 2,
      first_seen: NOW,
    });
    const object = await env.BUCKET.get(`dead-letters/${id}.json`);
    expect(await object?.text()).toBe(text);
    expect(object?.customMetadata).toMatchObject({
      queue: QUEUE,
      reason_code: "poison_message",
      first_seen: String(NOW),
      sent_at_ms: String(NOW_MS - 5),
    });
    expect(object?.customMetadata?.["reason"]).toContain('message["source"] is "mtgox\\u2026"');
  });

  test("is kept as it is where it is bytes", async () => {
    await deliver([{ body: Uint8Array.of(1, 2, 255).buffer }]);
    const [letter] = await deadLetterRows();
    const object = await env.BUCKET.get(String(letter?.["body_key"]));
    expect([...new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer())]).toEqual([
      1, 2, 255,
    ]);
  });

  test("does not hold back the other 99", async () => {
    const messages = Array.from({ length: 100 }, (_, index) => ({
      body: index === 41 ? withValue(5, -1) : candleMessage(index),
    }));
    const result = await deliver(messages);
    expect(result.explicitAcks).toHaveLength(100);
    expect(await storedRows()).toHaveLength(99);
    expect(await deadLetterRows()).toHaveLength(1);
  });

  test("counts up when it is seen again, keeps its first time, and is open again", async () => {
    const body = { ...candleMessage(0), v: 2 };
    await deliver([{ body }, { body }]);
    await env.DB.prepare("UPDATE dead_letters SET state = 'replayed'").run();
    await deliver([{ body }], QUEUE, { realNowMs: () => NOW_MS + 60_000 });
    expect(await deadLetterRows()).toMatchObject([
      { seen_count: 3, first_seen: NOW, last_seen: NOW + 60, state: "open" },
    ]);
  });
});

function restated(close: number) {
  return { body: messageOf(candleRow(0, close)) };
}

describe("a message that D1 refuses", () => {
  test("is found among a hundred: it alone is a dead letter, the others are stored", async () => {
    const others = Array.from({ length: 97 }, (_, index) => ({ body: candleMessage(index + 1) }));
    // Three values of one candle in one millisecond: candle_revisions has no place for the third.
    const messages = [
      ...others.slice(0, 50),
      restated(27_505),
      restated(27_506),
      ...others.slice(50),
      restated(27_507),
    ];
    const result = await deliver(messages);
    expect(result.explicitAcks).toHaveLength(100);
    expect(await storedRows()).toHaveLength(98);
    expect(await revisionRows()).toHaveLength(1);
    expect(await deadLetterRows()).toMatchObject([{ reason_code: "storage_rejected", candles: 1 }]);
  });
});

describe("a message that cannot be stored now", () => {
  test.for([
    ["Network connection lost.", 1, 10],
    ["D1_ERROR: D1 DB is overloaded. Too many requests queued.", 2, 50],
    ["Internal error in D1 DB storage caused object to be reset", 3, 250],
    ["something nobody has seen before", 4, 1_250],
  ] as const)(
    "for %s goes back to the queue for a while, on delivery %i for %i s",
    async ([message, attempts, delaySeconds]) => {
      const db = faultyDatabase(env.DB, always("fails before", message));
      const result = await deliver([{ id: "one", body: candleMessage(0), attempts }], QUEUE, {
        db,
      });
      expect(result.explicitAcks).toEqual([]);
      expect(result.retryMessages).toMatchObject([{ msgId: "one" }]);
      expect(result.delays).toEqual({ one: delaySeconds });
      expect(await storedRows()).toEqual([]);
    },
  );

  test("goes back although it was stored, where the answer was lost", async () => {
    const db = faultyDatabase(env.DB, always("fails after", "Network connection lost."));
    const result = await deliver([{ id: "one", body: candleMessage(0) }], QUEUE, { db });
    expect(result.explicitAcks).toEqual([]);
    expect(result.retryMessages).toMatchObject([{ msgId: "one" }]);
    expect(await storedRows()).toHaveLength(1);
  });
});

describe("a dead letter that cannot be kept", () => {
  const bad = { id: "bad", body: { ...candleMessage(0), v: 2 } };

  test("goes back to the queue while R2 is away; the others are acknowledged", async () => {
    const bucket = faultyBucket(env.BUCKET, always("fails before", "R2 is away"));
    const result = await deliver([bad, { id: "good", body: candleMessage(1) }], QUEUE, { bucket });
    expect(result.explicitAcks).toEqual(["good"]);
    expect(result.retryMessages).toMatchObject([{ msgId: "bad" }]);
    expect(await deadLetterRows()).toEqual([]);
  });

  test("goes back to the queue while D1 is away, and is indexed once it is there", async () => {
    const db = faultyDatabase(env.DB, always("fails before", "Network connection lost."));
    const result = await deliver([bad], QUEUE, { db });
    expect(result.explicitAcks).toEqual([]);
    expect(result.retryMessages).toMatchObject([{ msgId: "bad" }]);
    await deliver([bad]);
    expect(await deadLetterRows()).toHaveLength(1);
  });

  test("waits an hour at most between two attempts", async () => {
    const bucket = faultyBucket(env.BUCKET, always("fails before", "R2 is away"));
    const result = await deliver([{ ...bad, attempts: 90 }], DEAD_LETTER_QUEUE, { bucket });
    expect(result.retryMessages).toMatchObject([{ msgId: "bad" }]);
    expect(result.delays).toEqual({ bad: 3_600 });
  });
});

describe("a message whose retries are used up", () => {
  test("is kept as a dead letter that can be replayed", async () => {
    const body = candleMessage(0, 1);
    const result = await deliver([{ id: "one", body }], DEAD_LETTER_QUEUE);
    expect(result.explicitAcks).toEqual(["one"]);
    expect(await storedRows()).toEqual([]);
    const [letter] = await deadLetterRows();
    expect(letter).toMatchObject({
      queue: DEAD_LETTER_QUEUE,
      source: "binance",
      candles: 2,
      reason_code: "retries_exhausted",
    });
    const kept = await env.BUCKET.get(String(letter?.["body_key"]));
    await deliver([{ body: await kept?.json() }]);
    expect(await storedRows()).toHaveLength(2);
  });

  test("is kept where it is an order to compact a partition", async () => {
    const body = {
      source: "binance",
      symbol: "BTC-USDT",
      timeframe: "1m",
      partition: "2026-10",
    };
    const result = await deliver([{ id: "one", body }], COMPACTION_DEAD_LETTER_QUEUE);
    expect(result.explicitAcks).toEqual(["one"]);
    const [letter] = await deadLetterRows();
    expect(letter).toMatchObject({
      queue: COMPACTION_DEAD_LETTER_QUEUE,
      source: "binance",
      candles: null,
      reason_code: "retries_exhausted",
      state: "open",
    });
    const kept = await env.BUCKET.get(String(letter?.["body_key"]));
    expect(await kept?.json()).toEqual(body);
  });
});
