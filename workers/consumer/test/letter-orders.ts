import { env } from "cloudflare:workers";
import { parseClock } from "@candlehouse/shared/core/clock";
import { answerRequest } from "../src/answer-request.ts";
import type { LetterContext, ReplayQueue } from "../src/letter-context.ts";
import { deliver, NOW_MS, QUEUE } from "./delivery.ts";

/** What an order was answered. */
export interface OrderAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Gives the consumer an order about dead letters, as the query Worker passes it on. */
export async function order(
  name: "replay" | "discard",
  members: object,
  overrides: Partial<LetterContext> = {},
): Promise<OrderAnswer> {
  const request = new Request(`https://worker/v1/dead-letters/${name}`, {
    method: "POST",
    body: JSON.stringify(members),
  });
  const response = await answerRequest(request, letterContextWith(overrides));
  return { status: response.status, body: await response.json() };
}

function letterContextWith(overrides: Partial<LetterContext>): LetterContext {
  return {
    db: env.DB,
    bucket: env.BUCKET,
    queues: queuesOf(new DirectQueue()),
    clock: parseClock(""),
    realNowMs: () => NOW_MS,
    ...overrides,
  };
}

/** The queues by their names, where all lead to `candles`, or to `compaction` where it is given. */
export function queuesOf(
  candles: ReplayQueue,
  compaction: ReplayQueue = candles,
): ReadonlyMap<string, ReplayQueue> {
  return new Map([
    ["candles", candles],
    ["candles-dlq", candles],
    ["compaction", compaction],
    ["compaction-dlq", compaction],
  ]);
}

/** A queue that keeps what it is sent, in batches. */
export class KeepingQueue implements ReplayQueue {
  readonly batches: MessageSendRequest[][] = [];

  async sendBatch(messages: Iterable<MessageSendRequest>): Promise<void> {
    this.batches.push([...messages]);
  }

  get bodies(): unknown[] {
    return this.batches.flat().map(({ body }) => body);
  }
}

/** A queue so fast that the consumer is done with a batch before its sender goes on. */
class DirectQueue implements ReplayQueue {
  async sendBatch(messages: Iterable<MessageSendRequest>): Promise<void> {
    await deliver(
      [...messages].map(({ body }) => ({ body })),
      QUEUE,
    );
  }
}
