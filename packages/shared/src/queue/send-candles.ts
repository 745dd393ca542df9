import { findCandleFault, type CandleRow } from "../core/candle.ts";
import { QueueUnavailableError } from "../core/errors.ts";
import { chunk, planSends } from "../core/message-plan.ts";
import type { SourceId } from "../core/source.ts";
import {
  decodeCandle,
  MESSAGE_CANDLES_MAX,
  MESSAGE_VERSION,
  type CandleMessage,
  type Origin,
} from "./candle-message.ts";

/** How often a batch is offered to the queue before the candles wait for the next tick. */
const SEND_ATTEMPTS_MAX = 3;
const SEND_PAUSE_MS = 200;

/** The part of a queue that sending takes. */
export interface CandleQueue {
  sendBatch(messages: Iterable<MessageSendRequest<CandleMessage>>): Promise<unknown>;
}

/**
 * The messages that carry `rows`: full ones, filled across the series of the source. Rows that can
 * never be stored travel apart from the good ones, so that only they become a dead letter. Each names
 * the job that it is part of, where there is one.
 */
export function packMessages(
  source: SourceId,
  origin: Origin,
  rows: readonly CandleRow[],
  nowSeconds: number,
  job?: string,
): CandleMessage[] {
  const good: CandleRow[] = [];
  const faulty: CandleRow[] = [];
  for (const row of rows) {
    const fault = findCandleFault(decodeCandle(row), row[1], nowSeconds);
    (fault === undefined ? good : faulty).push(row);
  }
  return [...chunk(good, MESSAGE_CANDLES_MAX), ...chunk(faulty, MESSAGE_CANDLES_MAX)].map(
    (candles) => ({
      v: MESSAGE_VERSION,
      source,
      origin,
      ...(job === undefined ? {} : { job }),
      candles,
    }),
  );
}

/**
 * Sends `messages` in as few calls as the platform allows. A call that fails is repeated: what was
 * taken all the same is stored once. Throws QueueUnavailableError when a call goes on failing; the
 * messages before it are sent.
 */
export async function sendMessages(
  queue: CandleQueue,
  messages: readonly CandleMessage[],
  sleep: (ms: number) => Promise<void>,
): Promise<void> {
  const encoder = new TextEncoder();
  const sizes = messages.map((message) => encoder.encode(JSON.stringify(message)).byteLength);
  for (const { start, end } of planSends(sizes)) {
    const requests = messages
      .slice(start, end)
      .map((body) => ({ body, contentType: "json" as const }));
    await sendOnce(queue, requests, sleep);
  }
}

async function sendOnce(
  queue: CandleQueue,
  requests: MessageSendRequest<CandleMessage>[],
  sleep: (ms: number) => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await queue.sendBatch(requests);
      return;
    } catch (cause) {
      if (attempt === SEND_ATTEMPTS_MAX) {
        throw new QueueUnavailableError(
          `the queue refused ${requests.length} messages ${attempt} times: ${String(cause)}`,
          { cause },
        );
      }
      await sleep(SEND_PAUSE_MS * 2 ** (attempt - 1));
    }
  }
}
