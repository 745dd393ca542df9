import { createMessageBatch } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { CandleRow } from "@candlehouse/shared/core/candle";
import { joinDatabases } from "@candlehouse/shared/d1/databases";
import { beforeEach, describe, expect, test } from "vitest";
import type { ReadableMessage } from "../src/decode-batch.ts";
import { storeInDatabases } from "../src/store-in-databases.ts";
import {
  candleRow,
  clearTables,
  deadLetterRows,
  deliver,
  messageOf,
  NOW_MS,
  QUEUE,
} from "./delivery.ts";
import { always, faultyDatabase, type CallFate } from "./faulty-stores.ts";
import { emptyDatabases, freshBinding, SYMBOLS, THREE } from "./several.ts";

beforeEach(async () => {
  await clearTables();
  await emptyDatabases(...THREE);
  // What is of no series is in the first one.
  await env.FIRST_DB.batch(
    ["dead_letters", "cost_ledger"].map((table) => env.FIRST_DB.prepare(`DELETE FROM ${table}`)),
  );
});

/** The candle of the minute `index` in the database `shard`. */
function rowIn(shard: number, index: number): CandleRow {
  const [, ...values] = candleRow(index);
  return [SYMBOLS[shard] ?? "", ...values];
}

/** How many candles each database has. */
function counts(): Promise<(number | null)[]> {
  return Promise.all(
    THREE.map((db) => db.prepare("SELECT COUNT(*) AS rows FROM price_data").first<number>("rows")),
  );
}

/** The messages of a batch, told apart by what they hold. */
const BODIES = [
  messageOf(rowIn(0, 0), rowIn(1, 0), rowIn(2, 0)),
  messageOf(rowIn(0, 1), rowIn(1, 1)),
  messageOf(rowIn(0, 2)),
  messageOf(rowIn(2, 3), rowIn(2, 4)),
];

/** The three, of which the second one's transactions end like this. */
function withFault(fate: CallFate): D1Database {
  const faulty = faultyDatabase(env.SECOND_DB, always(fate, "Network connection lost."));
  const second = freshBinding(env.SECOND_DB, {
    batch: <Row>(statements: D1PreparedStatement[]) => faulty.batch<Row>(statements),
  });
  return joinDatabases(THREE.map((db) => (db === env.SECOND_DB ? second : db)));
}

describe("messages of several databases' candles", () => {
  test("are stored, each candle where its series is, and told once", async () => {
    const result = await deliver(
      BODIES.map((body) => ({ body })),
      QUEUE,
      { db: joinDatabases(THREE) },
    );
    expect(result.explicitAcks).toHaveLength(4);
    expect(await counts()).toEqual([3, 2, 3]);
    const ledger = await env.FIRST_DB.prepare(
      "SELECT work, runs, candles, inserted, ignored, queue_operations FROM cost_ledger",
    ).all();
    expect(ledger.results).toEqual([
      { work: "store", runs: 1, candles: 8, inserted: 8, ignored: 0, queue_operations: 8 },
    ]);
  });

  test("go back where one database fails; the others keep what is theirs, and it is stored once", async () => {
    const messages = BODIES.map((body, index) => ({ id: `m${index}`, body }));
    const failed = await deliver(messages, QUEUE, { db: withFault("fails before") });
    expect(failed.explicitAcks).toEqual(["m2", "m3"]);
    expect(failed.retryMessages.map(({ msgId }) => msgId)).toEqual(["m0", "m1"]);
    expect(await counts()).toEqual([3, 0, 3]);
    const again = await deliver(messages.slice(0, 2), QUEUE, { db: joinDatabases(THREE) });
    expect(again.explicitAcks).toEqual(["m0", "m1"]);
    expect(await counts()).toEqual([3, 2, 3]);
  });

  test("are acknowledged where the commit's answer was lost only when they came again", async () => {
    const messages = BODIES.map((body, index) => ({ id: `m${index}`, body }));
    const failed = await deliver(messages, QUEUE, { db: withFault("fails after") });
    expect(failed.explicitAcks).toEqual(["m2", "m3"]);
    expect(await counts()).toEqual([3, 2, 3]);
    const again = await deliver(messages, QUEUE, { db: joinDatabases(THREE) });
    expect(again.explicitAcks).toHaveLength(4);
    expect(await counts()).toEqual([3, 2, 3]);
  });

  test("are dead one by one where a database refuses a candle, and the rest is stored", async () => {
    const bad = Object.assign([...rowIn(1, 7)], { 3: null }) as unknown as CandleRow;
    const { messages } = createMessageBatch(
      QUEUE,
      [0, 1, 2, 3].map((id) => ({ id: `m${id}`, timestamp: new Date(), attempts: 1, body: {} })),
    );
    const candles = [[rowIn(0, 0)], [rowIn(0, 1), bad, rowIn(2, 1)], [rowIn(1, 2)], [rowIn(1, 3)]];
    const readable = messages.map((message, index): ReadableMessage => ({
      message,
      sent: { source: "binance", sentAtMs: NOW_MS, candles: candles[index] ?? [] },
    }));
    const outcome = await storeInDatabases(joinDatabases(THREE), readable, NOW_MS / 1_000);
    expect(outcome.dead).toMatchObject([{ message: { id: "m1" }, reasonCode: "storage_rejected" }]);
    expect(outcome.stored.map(({ id }) => id)).toEqual(["m0", "m2", "m3"]);
    expect(outcome.retried).toEqual([]);
    expect(await counts()).toEqual([2, 2, 1]);
    expect(await deadLetterRows()).toEqual([]);
  });
});
