import { env } from "cloudflare:workers";
import type { CandleRow } from "@candlehouse/shared/core/candle";
import { planStore } from "@candlehouse/shared/core/store-plan";
import { storeCandles } from "@candlehouse/shared/d1/store-candles";
import { beforeEach, describe, expect, test, vi } from "vitest";
import {
  candleMessage,
  candleRow,
  clearTables,
  deadLetterRows,
  deliver,
  messageOf,
  NOW_MS,
  QUEUE,
  revisionRows,
  START,
  storedRows,
} from "./delivery.ts";

beforeEach(clearTables);

function ten(from: number) {
  return candleMessage(...Array.from({ length: 10 }, (_, index) => from + index));
}

/** The fields of the last `event` in the log. */
async function logOf(event: string, act: () => Promise<unknown>): Promise<unknown> {
  const lines: string[] = [];
  const keep = (line: unknown) => void lines.push(String(line));
  const spies = [
    vi.spyOn(console, "log").mockImplementation(keep),
    vi.spyOn(console, "error").mockImplementation(keep),
  ];
  try {
    await act();
  } finally {
    spies.forEach((spy) => spy.mockRestore());
  }
  return lines
    .map((line): unknown => JSON.parse(line))
    .findLast((line) => Reflect.get(Object(line), "event") === event);
}

describe("storing", () => {
  test("stores a candle exactly as it was sent, and acknowledges its message", async () => {
    const body = messageOf([
      "BTC-USDT",
      "1m",
      START,
      27_500.1,
      "27510.2500000000001",
      0.1 + 0.2,
      27_505.01,
      1e-8,
      "339512.12345678901",
      null,
    ]);
    const result = await deliver([{ id: "one", body }]);
    expect(result.explicitAcks).toEqual(["one"]);
    expect(result.retryMessages).toEqual([]);
    expect(await storedRows()).toEqual([
      {
        source: "binance",
        symbol: "BTC-USDT",
        timeframe: "1m",
        timestamp: START,
        open: 27_500.1,
        high: "27510.2500000000001",
        low: 0.1 + 0.2,
        close: 27_505.01,
        volume_from: 1e-8,
        volume_to: "339512.12345678901",
        trades: null,
      },
    ]);
  });

  test("stores a thousand candles of a hundred messages, one billed row each and one for the ledger", async () => {
    const messages = Array.from({ length: 100 }, (_, index) => ({ body: ten(index * 10) }));
    const fields = await logOf("candles.stored", async () => {
      const result = await deliver(messages);
      expect(result.explicitAcks).toHaveLength(100);
    });
    expect(await storedRows()).toHaveLength(1_000);
    expect(fields).toMatchObject({
      queue: QUEUE,
      messages: 100,
      candles: 1_000,
      unique: 1_000,
      inserted: 1_000,
      ignored: 0,
      revised: 0,
      dead: 0,
      retried: 0,
      rowsWritten: 1_001,
    });
  });

  test("writes nothing but the ledger when the same batch is delivered again", async () => {
    const messages = [{ body: ten(0) }, { body: ten(5) }];
    await deliver(messages);
    const before = await storedRows();
    const fields = await logOf("candles.stored", () => deliver(messages));
    expect(fields).toMatchObject({
      candles: 20,
      unique: 15,
      inserted: 0,
      ignored: 15,
      revised: 0,
      rowsWritten: 1,
    });
    expect(await storedRows()).toEqual(before);
    expect(await revisionRows()).toEqual([]);
  });
});

/** A message with the one candle that closed at `close`. */
function at(sentAtMs: number, close: number) {
  return { body: messageOf(candleRow(0, close)), sentAtMs };
}

describe("revisions", () => {
  test("keeps the stored candle and records a later, different value with its time", async () => {
    await deliver([at(NOW_MS, 27_505)]);
    const fields = await logOf("candles.stored", () => deliver([at(NOW_MS + 5, 27_506)]));
    expect(fields).toMatchObject({ inserted: 0, ignored: 0, revised: 1, rowsWritten: 2 });
    expect(await storedRows()).toMatchObject([{ close: 27_505 }]);
    expect(await revisionRows()).toMatchObject([
      { close: 27_506, seen_at_ms: NOW_MS + 5, timestamp: START },
    ]);
  });

  test("records nothing twice when a restated candle is redelivered or fetched again", async () => {
    await deliver([at(NOW_MS, 27_505)]);
    await deliver([at(NOW_MS + 5, 27_506)]);
    await deliver([at(NOW_MS + 5, 27_506)]);
    await deliver([at(NOW_MS + 9, 27_506)]);
    await deliver([at(NOW_MS, 27_505)]);
    expect(await revisionRows()).toHaveLength(1);
  });

  test("records that a source took a restatement back", async () => {
    await deliver([at(NOW_MS, 27_505)]);
    await deliver([at(NOW_MS + 5, 27_506)]);
    await deliver([at(NOW_MS + 9, 27_505)]);
    expect(await revisionRows()).toMatchObject([
      { close: 27_506 },
      { close: 27_505, seen_at_ms: NOW_MS + 9 },
    ]);
  });

  test("judges each restatement of a batch by the one before it, by time of sending", async () => {
    const batch = [at(NOW_MS + 9, 27_505), at(NOW_MS, 27_505), at(NOW_MS + 5, 27_506)];
    await deliver(batch);
    const once = await revisionRows();
    await deliver(batch.toReversed());
    expect(await storedRows()).toMatchObject([{ close: 27_505 }]);
    expect(once).toMatchObject([
      { close: 27_506, seen_at_ms: NOW_MS + 5 },
      { close: 27_505, seen_at_ms: NOW_MS + 9 },
    ]);
    expect(await revisionRows()).toEqual(once);
  });

  test("records one of two values that were sent in the same millisecond, however often they come", async () => {
    const batch = [at(NOW_MS, 27_505), at(NOW_MS, 27_506)];
    await deliver(batch);
    await deliver(batch);
    await deliver(batch.toReversed());
    expect(await storedRows()).toMatchObject([{ close: 27_505 }]);
    expect(await revisionRows()).toMatchObject([{ close: 27_506 }]);
    expect(await deadLetterRows()).toEqual([]);
  });

  test("keeps a third value of one millisecond as a dead letter rather than losing it", async () => {
    const result = await deliver([at(NOW_MS, 27_505), at(NOW_MS, 27_506), at(NOW_MS, 27_507)]);
    expect(result.explicitAcks).toHaveLength(3);
    expect(await revisionRows()).toMatchObject([{ close: 27_506 }]);
    expect(await deadLetterRows()).toMatchObject([{ reason_code: "storage_rejected" }]);
  });

  test("takes a number and a text of the same value for one decimal, as in rows taken over", async () => {
    await env.DB.prepare(
      "INSERT INTO price_data VALUES ('binance', 'BTC-USDT', '1m', ?1, 1.5, 2, 1, 1.5, 0.12345678901234568, NULL, NULL)",
    )
      .bind(START)
      .run();
    await deliver([
      {
        body: messageOf([
          "BTC-USDT",
          "1m",
          START,
          1.5,
          2,
          1,
          1.5,
          "0.12345678901234567890",
          null,
          null,
        ]),
      },
    ]);
    expect(await deadLetterRows()).toHaveLength(1);
    await deliver([
      {
        body: messageOf([
          "BTC-USDT",
          "1m",
          START,
          1.5,
          2,
          1,
          1.5,
          "0.1234567890123456789",
          null,
          null,
        ]),
      },
    ]);
    expect(await revisionRows()).toEqual([]);
    await deliver([
      {
        body: messageOf([
          "BTC-USDT",
          "1m",
          START,
          1.5,
          2,
          1,
          1.5,
          "0.1234567890123466789",
          null,
          null,
        ]),
      },
    ]);
    expect(await revisionRows()).toMatchObject([{ volume_from: "0.1234567890123466789" }]);
  });

  test("counts a value that was null and is known now as a revision", async () => {
    await deliver([
      { body: messageOf(["BTC-USDT", "1m", START, 1.5, 2, 1, 1.5, null, null, null]) },
    ]);
    await deliver([
      {
        body: messageOf(["BTC-USDT", "1m", START, 1.5, 2, 1, 1.5, 7, null, null]),
        sentAtMs: NOW_MS + 1,
      },
    ]);
    expect(await revisionRows()).toMatchObject([{ volume_from: 7 }]);
  });
});

describe("what OR IGNORE ignores", () => {
  test("is the key alone: a row that breaks another rule is refused, and stores nothing", async () => {
    const good: CandleRow = candleRow(0);
    const bad = Object.assign([...candleRow(1)], { 3: null }) as unknown as CandleRow;
    const plan = planStore([{ source: "binance", sentAtMs: NOW_MS, candles: [good, bad] }]);
    await expect(storeCandles(env.DB, plan, NOW_MS / 1_000)).rejects.toMatchObject({
      code: "storage_rejected",
    });
    expect(await storedRows()).toEqual([]);
    expect(await revisionRows()).toEqual([]);
  });

  test("is refused too where the other rows of the statement are stored already", async () => {
    await deliver([{ body: candleMessage(0, 1) }]);
    const bad = Object.assign([...candleRow(2)], { 6: null }) as unknown as CandleRow;
    const plan = planStore([
      { source: "binance", sentAtMs: NOW_MS, candles: [candleRow(0), candleRow(1), bad] },
    ]);
    await expect(storeCandles(env.DB, plan, NOW_MS / 1_000)).rejects.toThrow("NOT NULL");
  });
});
