import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { StoredDecimal } from "@candlehouse/shared/core/decimal";
import type { CandleRow } from "@candlehouse/shared/core/candle";
import type { CandleMessage } from "@candlehouse/shared/queue/candle-message";
import { vi } from "vitest";
import { consumeBatch, type ConsumerContext } from "../src/consume-batch.ts";
import { parseClock } from "@candlehouse/shared/core/clock";

/** 2023-11-14 22:14:00 UTC: the open time that the tests count from. */
export const START = 1_700_000_040;
/** The time the tests play at: 2026-01-01. */
export const NOW_MS = 1_767_225_600_000;

export const QUEUE = "candles";
export const DEAD_LETTER_QUEUE = "candles-dlq";
export const COMPACTION_DEAD_LETTER_QUEUE = "compaction-dlq";

/** A true candle of BTC-USDT, `index` minutes after START; values that differ from its neighbours'. */
export function candleRow(index: number, close: StoredDecimal = 27_505.01): CandleRow {
  const timestamp = START + index * 60;
  return ["BTC-USDT", "1m", timestamp, 27_500.1, 27_510.25, 27_499.9, close, 12.5, null, index];
}

/** A message with the candles at `indexes`. */
export function candleMessage(...indexes: number[]): CandleMessage {
  return { v: 1, source: "binance", origin: "cron", candles: indexes.map((i) => candleRow(i)) };
}

export function messageOf(...candles: CandleRow[]): CandleMessage {
  return { v: 1, source: "binance", origin: "cron", candles };
}

/** What a queue delivers; what is not given counts up or takes the usual value. */
export interface Delivery {
  readonly body: unknown;
  readonly id?: string;
  readonly attempts?: number;
  readonly sentAtMs?: number;
}

let deliveries = 0;

/** Delivers a batch to the consumer and tells what it acknowledged and sent back. */
export async function deliver(
  messages: readonly Delivery[],
  queue: string = QUEUE,
  overrides: Partial<ConsumerContext> = {},
) {
  const batch = createMessageBatch(
    queue,
    messages.map(({ body, id, attempts, sentAtMs }) => {
      deliveries += 1;
      return {
        id: id ?? `message-${deliveries}`,
        timestamp: new Date(sentAtMs ?? NOW_MS),
        attempts: attempts ?? 1,
        body,
      };
    }),
  );
  // The platform's result does not tell the delays.
  const delays: Record<string, number | undefined> = {};
  for (const message of batch.messages) {
    const retry = message.retry.bind(message);
    vi.spyOn(message, "retry").mockImplementation((options) => {
      delays[message.id] = options?.delaySeconds;
      retry(options);
    });
  }
  await consumeBatch(batch, contextWith(overrides));
  return { ...(await getQueueResult(batch, createExecutionContext())), delays };
}

export function contextWith(overrides: Partial<ConsumerContext>): ConsumerContext {
  return {
    db: env.DB,
    bucket: env.BUCKET,
    deadLetterQueues: new Set([DEAD_LETTER_QUEUE, COMPACTION_DEAD_LETTER_QUEUE]),
    clock: parseClock(""),
    realNowMs: () => NOW_MS,
    ...overrides,
  };
}

export async function storedRows(): Promise<Record<string, unknown>[]> {
  const { results } = await env.DB.prepare(
    "SELECT * FROM price_data ORDER BY source, symbol, timeframe, timestamp",
  ).all();
  return results;
}

export async function revisionRows(): Promise<Record<string, unknown>[]> {
  const { results } = await env.DB.prepare(
    "SELECT * FROM candle_revisions ORDER BY timestamp, seen_at_ms",
  ).all();
  return results;
}

export async function deadLetterRows(): Promise<Record<string, unknown>[]> {
  const { results } = await env.DB.prepare("SELECT * FROM dead_letters ORDER BY id").all();
  return results;
}

export async function clearTables(): Promise<void> {
  await env.DB.batch(
    ["price_data", "candle_revisions", "dead_letters", "cost_ledger"].map((table) =>
      env.DB.prepare(`DELETE FROM ${table}`),
    ),
  );
  const { objects } = await env.BUCKET.list();
  await env.BUCKET.delete(objects.map(({ key }) => key));
}
