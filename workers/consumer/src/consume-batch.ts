import { shownSeconds, type Timekeeper } from "@candlehouse/shared/core/clock";
import { log } from "@candlehouse/shared/log/log";
import { decodeBatch } from "./decode-batch.ts";
import type { DeadMessage, RetriedMessage } from "./fate.ts";
import { keepDeadLetters, type KeptMessage } from "./keep-dead-letters.ts";
import { retryDelaySeconds } from "./retry-delay.ts";
import { storeMessages } from "./store-messages.ts";

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
 */
export async function consumeBatch(batch: MessageBatch, context: ConsumerContext): Promise<void> {
  if (context.deadLetterQueues.has(batch.queue)) {
    await consumeDeadLetters(batch, context);
  } else {
    await consumeCandles(batch, context);
  }
}

async function consumeCandles(batch: MessageBatch, context: ConsumerContext): Promise<void> {
  const startedMs = context.realNowMs();
  const nowSeconds = shownSeconds(context);
  const decoded = decodeBatch(batch.messages, context.clock, nowSeconds);
  const stored = await storeMessages(context.db, decoded.readable, nowSeconds);
  const letters = await keepDeadLetters([...decoded.dead, ...stored.dead], batch.queue, context);
  const retried = [...stored.retried, ...letters.retried];
  settle(batch.queue, [...stored.stored, ...letters.kept.map(({ message }) => message)], retried);
  logKept(batch.queue, letters.kept);
  const durationMs = context.realNowMs() - startedMs;
  log("candles.stored", {
    queue: batch.queue,
    messages: batch.messages.length,
    ...stored.counts,
    dead: letters.kept.length,
    retried: retried.length,
    durationMs,
    // The clock of a Worker counts whole milliseconds.
    rowsPerSecond: Math.round((stored.counts.unique * 1_000) / Math.max(durationMs, 1)),
  });
}

async function consumeDeadLetters(batch: MessageBatch, context: ConsumerContext): Promise<void> {
  const dead = batch.messages.map((message): DeadMessage => ({
    message,
    reasonCode: "retries_exhausted",
    reason: "the work failed each time it was tried; the log says why",
  }));
  const { kept, retried } = await keepDeadLetters(dead, batch.queue, context);
  settle(
    batch.queue,
    kept.map(({ message }) => message),
    retried,
  );
  logKept(batch.queue, kept);
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
