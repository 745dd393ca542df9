import type { LedgerCounts } from "./ledger.ts";

/** Messages that a queue hands over at once, and how long it waits for them: as the consumer's configuration has it. */
export const BATCH_MESSAGES_MAX = 100;
export const BATCH_TIMEOUT_MS = 5_000;

/** Messages of new candles that one send put into the queue. */
export interface SentMessages {
  /** When, in milliseconds. */
  readonly atMs: number;
  readonly messages: number;
  readonly candles: number;
}

/** What one invocation of the consumer is given. */
export interface StoredBatchSize {
  readonly messages: number;
  readonly candles: number;
}

/**
 * The batches in which a queue hands over what was `sent` (in any order): one begins with the first
 * message that waits, and ends when it is full or has waited long enough. Candles of a send that is
 * cut are spread evenly.
 */
export function planBatches(sent: readonly SentMessages[]): StoredBatchSize[] {
  const batches: { endsMs: number; messages: number; candles: number }[] = [];
  for (const one of sent.toSorted((a, b) => a.atMs - b.atMs)) {
    let { messages, candles } = one;
    while (messages > 0) {
      const last = batches.at(-1);
      const isOpen =
        last !== undefined && one.atMs <= last.endsMs && last.messages < BATCH_MESSAGES_MAX;
      const batch = isOpen
        ? last
        : { endsMs: one.atMs + BATCH_TIMEOUT_MS, messages: 0, candles: 0 };
      if (!isOpen) {
        batches.push(batch);
      }
      const taken = Math.min(messages, BATCH_MESSAGES_MAX - batch.messages);
      const carried = taken === messages ? candles : Math.round((candles * taken) / messages);
      batch.messages += taken;
      batch.candles += carried;
      messages -= taken;
      candles -= carried;
    }
  }
  return batches.map(({ messages, candles }) => ({ messages, candles }));
}

/** What a batch of new candles of today is billed: each message read and deleted, each candle a row. */
export function storeUnits({ messages, candles }: StoredBatchSize): LedgerCounts {
  return {
    runs: 1,
    candles,
    inserted: candles,
    requests: 1,
    queue_operations: 2 * messages,
    rows_read: candles,
    // The last one is the ledger's own.
    rows_written: candles + 1,
  };
}
