import { shownSeconds } from "@candlehouse/shared/core/clock";
import type { ReplayFailure } from "@candlehouse/shared/core/dead-letter";
import {
  chunk,
  MESSAGE_OVERHEAD_BYTES,
  planSends,
  SEND_MESSAGES_MAX,
} from "@candlehouse/shared/core/message-plan";
import { markReplayed, type ReplayableLetter } from "@candlehouse/shared/d1/settle-dead-letters";
import { readDeadLetter } from "@candlehouse/shared/r2/dead-letter";
import type { LetterContext, ReplayQueue } from "./letter-context.ts";

/**
 * Most bytes in the body of one message.
 * https://developers.cloudflare.com/queues/platform/limits/
 */
const BODY_BYTES_MAX = 128_000 - MESSAGE_OVERHEAD_BYTES;

/** A dead letter that was not replayed, and why. */
export interface FailedReplay {
  readonly id: string;
  readonly code: ReplayFailure;
  readonly reason: string;
}

/** What became of the dead letters: each is in one of the lists. */
export interface ReplayOutcome {
  readonly replayed: readonly ReplayableLetter[];
  readonly failed: readonly FailedReplay[];
}

/** A dead letter that can be sent. */
interface Sendable {
  readonly letter: ReplayableLetter;
  readonly queue: ReplayQueue;
  readonly request: MessageSendRequest;
}

/**
 * Sends the bodies of `letters` to the queues that they came from, as they were: a message that
 * fails again is the same dead letter, and counts up.
 *
 * A letter is marked after it was sent. A crash in between leaves it open: it can be sent again,
 * which stores nothing twice, while one that was marked first and then not sent would be lost from
 * sight. But the message may fail and be a dead letter again before the mark comes; so the mark is
 * made only where the letter is as it was when it was read.
 */
export async function replayDeadLetters(
  letters: readonly ReplayableLetter[],
  context: LetterContext,
): Promise<ReplayOutcome> {
  const replayed: ReplayableLetter[] = [];
  const failed: FailedReplay[] = [];
  // So many at a time that their bodies fit in memory together.
  for (const some of chunk(letters, SEND_MESSAGES_MAX)) {
    const read = await Promise.all(some.map((letter) => readSendable(letter, context)));
    failed.push(...read.filter((one) => "code" in one));
    for (const batch of planBatches(read.filter((one) => "letter" in one))) {
      const outcome = await sendBatch(batch, context);
      replayed.push(...outcome.replayed);
      failed.push(...outcome.failed);
    }
  }
  return { replayed, failed };
}

async function readSendable(
  letter: ReplayableLetter,
  { bucket, queues }: LetterContext,
): Promise<Sendable | FailedReplay> {
  const { id, body_key: key, body_bytes: bytes } = letter;
  const queue = queues.get(letter.queue);
  if (queue === undefined) {
    return { id, code: "unknown_queue", reason: `nothing is sent to a queue ${letter.queue}` };
  }
  if (bytes > BODY_BYTES_MAX) {
    const reason = `the body has ${bytes} bytes, while a queue takes up to ${BODY_BYTES_MAX}`;
    return { id, code: "payload_too_large", reason };
  }
  try {
    const body = await readDeadLetter(bucket, id, key);
    if (body === undefined) {
      return { id, code: "body_missing", reason: `${key} is not on R2` };
    }
    if (!body.isWhole) {
      return { id, code: "body_damaged", reason: `${key} on R2 is not the body that was kept` };
    }
    const request: MessageSendRequest = body.isBinary
      ? { body: body.bytes, contentType: "bytes" }
      : { body: JSON.parse(new TextDecoder().decode(body.bytes)), contentType: "json" };
    return { letter, queue, request };
  } catch (error) {
    return { id, code: "storage_unavailable", reason: String(error) };
  }
}

/** `sendables` in batches of one queue each, within what one call of it takes. */
function planBatches(sendables: readonly Sendable[]): Sendable[][] {
  return [...Map.groupBy(sendables, ({ queue }) => queue).values()].flatMap((ofQueue) =>
    planSends(ofQueue.map(({ letter }) => letter.body_bytes)).map(({ start, end }) =>
      ofQueue.slice(start, end),
    ),
  );
}

async function sendBatch(
  batch: readonly Sendable[],
  context: LetterContext,
): Promise<ReplayOutcome> {
  const letters = batch.map(({ letter }) => letter);
  try {
    await batch[0]?.queue.sendBatch(batch.map(({ request }) => request));
  } catch (error) {
    // It may have taken them all the same: then they are stored, and open until they are sent again.
    return failAll(letters, "queue_unavailable", `the queue did not take it: ${String(error)}`);
  }
  try {
    await markReplayed(context.db, letters, shownSeconds(context));
    return { replayed: letters, failed: [] };
  } catch (error) {
    const reason = `it was sent, but is still marked as open: ${String(error)}`;
    return failAll(letters, "storage_unavailable", reason);
  }
}

function failAll(
  letters: readonly ReplayableLetter[],
  code: ReplayFailure,
  reason: string,
): ReplayOutcome {
  return { replayed: [], failed: letters.map(({ id }) => ({ id, code, reason })) };
}
