import { env } from "cloudflare:workers";
import type { CandleMessage } from "@candlehouse/shared/queue/candle-message";
import { beforeEach, expect, test, vi } from "vitest";
import { drawsOf } from "../../../tests/fuzz/draw.ts";
import { consumeBatch } from "../src/consume-batch.ts";
import {
  candleMessage,
  clearTables,
  contextWith,
  DEAD_LETTER_QUEUE,
  deadLetterRows,
  deliver,
  NOW_MS,
  QUEUE,
  revisionRows,
  storedRows,
} from "./delivery.ts";
import { FaultyQueue, type Handler } from "./faulty-queue.ts";
import { order, queuesOf } from "./letter-orders.ts";
import { faultyBucket, faultyDatabase, type CallFate, type Fault } from "./faulty-stores.ts";

beforeEach(async () => {
  await clearTables();
  // Thousands of lines; what they say is tested elsewhere.
  vi.spyOn(console, "log").mockReturnValue();
  vi.spyOn(console, "error").mockReturnValue();
});

const MESSAGES = 150;
/** A queue that is not drained by then never will be. */
const ROUNDS_MAX = 1_000;
/** Rounds after which the faults end. */
const FAULTY_ROUNDS = 100;

/** Messages whose candles overlap, as those of a cron and a backfill do; every 25th is poison. */
function sentMessages(): CandleMessage[] {
  return Array.from({ length: MESSAGES }, (_, index) => {
    const message = candleMessage(...Array.from({ length: 10 }, (_candle, i) => index * 7 + i));
    return index % 25 === 24 ? { ...message, job: `${"long".repeat(30)}${index}` } : message;
  });
}

const ERRORS = [
  "D1_ERROR: Network connection lost.",
  "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
  "D1_ERROR: Internal error in D1 DB storage caused object to be reset.",
];

/** Fails `share` of the calls, half of them after they took effect. */
function randomFault(random: () => number, share: () => number): Fault {
  return () => {
    const roll = random() / share();
    const fate: CallFate = roll < 0.5 ? "fails before" : roll < 1 ? "fails after" : "works";
    return { fate, error: new Error(ERRORS[Math.floor(random() * ERRORS.length)]) };
  };
}

/** Runs the consumer on a batch under faults; it dies in a share of `kills` of the batches. */
function faultyConsumer(
  random: () => number,
  failures: () => number,
  kills: () => number,
): Handler {
  const fails = randomFault(random, failures);
  return (batch) =>
    new Promise((resolve, reject) => {
      let callsToLive = random() < kills() ? Math.floor(random() * 3) : Number.POSITIVE_INFINITY;
      const diesAfterEffect = random() < 0.5;
      /** One call of a store; the call at which the consumer dies never returns. */
      const mortal = async <Result>(call: () => Promise<Result>): Promise<Result> => {
        callsToLive -= 1;
        const dies = callsToLive < 0;
        const result = dies && !diesAfterEffect ? undefined : await call();
        if (dies || result === undefined) {
          resolve(false);
          return new Promise(() => {});
        }
        return result;
      };
      const context = contextWith({
        db: interceptCalls(faultyDatabase(env.DB, fails), "batch", mortal),
        bucket: interceptCalls(faultyBucket(env.BUCKET, fails), "put", mortal),
      });
      consumeBatch(batch, context).then(() => resolve(true), reject);
    });
}

/** `store`, whose calls of `method` go through `intercept`. */
function interceptCalls<Store extends D1Database | R2Bucket>(
  store: Store,
  method: "batch" | "put",
  intercept: (call: () => Promise<unknown>) => Promise<unknown>,
): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      return name === method && typeof member === "function"
        ? (...given: unknown[]) => intercept(async () => Reflect.apply(member, target, given))
        : member;
    },
  });
}

/** Sends `body` until the queue says that it took it. */
function sendUntilTaken(queue: FaultyQueue, body: unknown, sentAtMs: number): void {
  for (;;) {
    try {
      queue.send([body], sentAtMs);
      return;
    } catch {
      // The producer cannot know whether it was taken: it sends again.
    }
  }
}

/** Has the consumer replay what used its retries up, under faults; returns how many it says it did. */
async function replayExhausted(
  queue: FaultyQueue,
  random: () => number,
  failures: () => number,
): Promise<number> {
  const fails = randomFault(random, failures);
  const { body } = await order(
    "replay",
    { all: true, reason_code: "retries_exhausted" },
    {
      db: faultyDatabase(env.DB, fails),
      bucket: faultyBucket(env.BUCKET, fails),
      queues: queuesOf({
        sendBatch: async (messages) => {
          const bodies = [...messages].map((message) => message.body);
          queue.send(bodies, NOW_MS);
        },
      }),
    },
  );
  return Number(body["replayed"] ?? 0);
}

async function countExhausted(): Promise<number> {
  const letters = await deadLetterRows();
  return letters.filter(
    ({ state, reason_code }) => state === "open" && reason_code === "retries_exhausted",
  ).length;
}

/** The tables after all messages were delivered once, in order, without a fault. */
async function cleanRun() {
  const messages = sentMessages();
  await deliver(messages.slice(0, 100).map((body) => ({ body })));
  await deliver(messages.slice(100).map((body) => ({ body })));
  const rows = await storedRows();
  const poison = (await deadLetterRows()).map(({ id }) => id);
  await clearTables();
  return { rows, poison };
}

test.for([
  { seed: 1, failures: 0.1, kills: 0.1 },
  { seed: 2, failures: 0.1, kills: 0.1 },
  { seed: 3, failures: 0.1, kills: 0.1 },
  { seed: 4, failures: 0.1, kills: 0.1 },
  { seed: 5, failures: 0.1, kills: 0.1 },
  { seed: 6, failures: 0.5, kills: 0.2 },
  { seed: 11, failures: 0.5, kills: 0.3 },
])(
  "loses and doubles nothing when $failures of calls fail and the consumer dies in $kills of the batches (seed $seed)",
  async ({ seed, failures, kills }) => {
    const clean = await cleanRun();
    const random = drawsOf(seed);
    const queue = new FaultyQueue({
      random,
      queue: QUEUE,
      deadLetterQueue: DEAD_LETTER_QUEUE,
      retriesMax: 3,
      sendFailures: 0.1,
      doubles: 0.1,
    });
    sentMessages().forEach((body, index) => sendUntilTaken(queue, body, NOW_MS + index));
    let replayed = 0;
    let rounds = 0;
    const now = (share: number) => () => (rounds < FAULTY_ROUNDS ? share : 0);
    const consume = faultyConsumer(random, now(failures), now(kills));
    do {
      while (!queue.isEmpty && rounds < ROUNDS_MAX) {
        rounds += 1;
        const replay = () => replayExhausted(queue, random, now(failures));
        // Beside each other: the platform runs several consumers, and an operator waits for none.
        const [, , count] = await Promise.all([
          queue.deliverSome(consume),
          queue.deliverSome(consume),
          random() < 0.2 ? replay() : 0,
        ]);
        replayed += count;
      }
      replayed += await replayExhausted(queue, random, now(failures));
    } while ((!queue.isEmpty || (await countExhausted()) > 0) && rounds < ROUNDS_MAX);
    expect(queue.isEmpty).toBe(true);

    expect(await storedRows()).toEqual(clean.rows);
    expect(await revisionRows()).toEqual([]);
    const letters = await deadLetterRows();
    const open = letters.filter(({ state }) => state === "open").map(({ id }) => id);
    expect(open).toEqual(clean.poison);
    expect(replayed > 0).toBe(queue.movedToDeadLetterQueue > 0);
    // The heavier runs are there to use retries up.
    expect(queue.movedToDeadLetterQueue > 0 || failures < 0.5).toBe(true);
  },
);
