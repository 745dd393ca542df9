import { shownSeconds, type Timekeeper } from "@candlehouse/shared/core/clock";
import {
  addToTally,
  newTally,
  type LedgerCounts,
  type LedgerTally,
} from "@candlehouse/shared/core/ledger";
import { countD1 } from "@candlehouse/shared/ledger/count-d1";
import { countR2 } from "@candlehouse/shared/ledger/count-r2";
import { recordWork } from "@candlehouse/shared/ledger/record-work";
import { log } from "@candlehouse/shared/log/log";
import { decodeBatch } from "./decode-batch.ts";
import type { DeadMessage, RetriedMessage } from "./fate.ts";
import { keepDeadLetters, type KeptMessage } from "./keep-dead-letters.ts";
import { retryDelaySeconds } from "./retry-delay.ts";
import { storeInDatabases } from "./store-in-databases.ts";

/** What the consumer works on. */
export interface ConsumerContext extends Timekeeper {
  readonly db: D1Database;
  readonly bucket: R2Bucket;
  /** Names of the queues that messages come to when their retries are used up. */
  readonly deadLetterQueues: ReadonlySet<string>;
}

/**
 * Stores the candles of a batch, or keeps its messages as dead letters. A message is acknowledged
 * when its rows are committed or it is kept, and only then; otherwise it goes back to the queue.
 *
 * The ledger decides nothing about that. Where it cannot be written after the work, the messages are
 * acknowledged all the same: it lacks this batch, and the log has what it lacks. Where the consumer
 * dies between the two, the batch comes again: the ledger then lacks that its candles were inserted,
 * and has them as ignored.
 *
 * `queue` is what wrangler.jsonc calls the batch's queue, whatever an environment adds to its name.
 */
export async function consumeBatch(
  batch: MessageBatch,
  context: ConsumerContext,
  queue: string = batch.queue,
): Promise<void> {
  if (context.deadLetterQueues.has(queue)) {
    await consumeDeadLetters(batch, context, queue);
  } else {
    await consumeCandles(batch, context, queue);
  }
}

async function consumeCandles(
  batch: MessageBatch,
  given: ConsumerContext,
  queue: string,
): Promise<void> {
  const startedMs = given.realNowMs();
  const tally = newTally();
  const context = countCosts(given, tally);
  const nowSeconds = shownSeconds(context);
  const { readable, dead } = decodeBatch(batch.messages, context.clock, nowSeconds);
  // Of a batch that may be all new, everything is known before: the ledger is told with it.
  const known = dead.length === 0 ? { counts: costsOf(readable, readable), startedMs } : undefined;
  const stored = await storeInDatabases(context.db, readable, nowSeconds, known);
  const letters = await keepDeadLetters([...dead, ...stored.dead], queue, context);
  const retried = [...stored.retried, ...letters.retried];
  const done = [...stored.stored, ...letters.kept.map(({ message }) => message)];
  const durationMs = context.realNowMs() - startedMs;
  const { unique, ...counts } = stored.counts;
  if (!stored.isInLedger) {
    addToTally(tally, {
      ...costsOf(batch.messages, done),
      ...counts,
      retried: retried.length,
      dead: letters.kept.length,
      duration_ms: durationMs,
    });
    await recordWork(context.db, "store", tally, nowSeconds);
  }
  settle(queue, done, retried);
  logKept(queue, letters.kept);
  log("candles.stored", {
    queue,
    messages: batch.messages.length,
    unique,
    ...counts,
    dead: letters.kept.length,
    retried: retried.length,
    rowsWritten: tally.rows_written,
    durationMs,
    // The clock of a Worker counts whole milliseconds.
    rowsPerSecond: Math.round((unique * 1_000) / Math.max(durationMs, 1)),
  });
}

async function consumeDeadLetters(
  batch: MessageBatch,
  given: ConsumerContext,
  queue: string,
): Promise<void> {
  const startedMs = given.realNowMs();
  const tally = newTally();
  const context = countCosts(given, tally);
  const dead = batch.messages.map((message): DeadMessage => ({
    message,
    reasonCode: "retries_exhausted",
    reason: "the work failed each time it was tried; the log says why",
  }));
  const { kept, retried } = await keepDeadLetters(dead, queue, context);
  const done = kept.map(({ message }) => message);
  addToTally(tally, costsOf(batch.messages, done));
  addToTally(tally, {
    queue_operations: countMoved(batch.messages),
    dead: kept.length,
    retried: retried.length,
    duration_ms: context.realNowMs() - startedMs,
  });
  await recordWork(context.db, "dead_letters", tally, shownSeconds(context));
  settle(queue, done, retried);
  logKept(queue, kept);
}

/** `context`, whose database and bucket count what is billed. */
function countCosts(context: ConsumerContext, tally: LedgerTally): ConsumerContext {
  return { ...context, db: countD1(context.db, tally), bucket: countR2(context.bucket, tally) };
}

/** What a batch costs beside its storage: the invocation, each reading, each deletion. */
function costsOf(delivered: readonly unknown[], done: readonly unknown[]): LedgerCounts {
  return { runs: 1, requests: 1, queue_operations: delivered.length + done.length };
}

/**
 * How many of `messages` Queues has written to this queue since nobody acknowledged them in another:
 * a billed operation each, which no sender counts. A message that comes again was counted before.
 * https://developers.cloudflare.com/queues/platform/pricing/
 */
function countMoved(messages: readonly Message[]): number {
  return messages.filter(({ attempts }) => attempts === 1).length;
}

/** Acknowledges what is done and sends back what is not. The last step: nothing may throw after. */
function settle(queue: string, done: readonly Message[], retried: readonly RetriedMessage[]): void {
  for (const message of done) {
    message.ack();
  }
  let longestDelaySeconds = 0;
  for (const { message } of retried) {
    const delaySeconds = retryDelaySeconds(message.attempts);
    message.retry({ delaySeconds });
    longestDelaySeconds = Math.max(longestDelaySeconds, delaySeconds);
  }
  const [first] = retried;
  if (first !== undefined) {
    log("candles.retried", {
      queue,
      messages: retried.length,
      code: first.code,
      reason: first.reason,
      delaySeconds: longestDelaySeconds,
    });
  }
}

function logKept(queue: string, kept: readonly KeptMessage[]): void {
  for (const { message, deadLetter, reasonCode, reason } of kept) {
    log("message.dead", {
      queue,
      deadLetter,
      code: reasonCode,
      reason,
      attempts: message.attempts,
    });
  }
}
