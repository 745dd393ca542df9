import { planStore } from "@candlehouse/shared/core/store-plan";
import { CandlehouseError } from "@candlehouse/shared/core/errors";
import { storeCandles, type StoredBatch } from "@candlehouse/shared/d1/store-candles";
import type { ReadableMessage } from "./decode-batch.ts";
import type { DeadMessage, RetriedMessage } from "./fate.ts";

/** How many candles met which fate, for the log. */
export interface StoreCounts {
  readonly candles: number;
  readonly unique: number;
  readonly inserted: number;
  readonly ignored: number;
  readonly revised: number;
}

/** What became of the messages: each is in one of the lists. */
export interface StoreOutcome {
  readonly stored: readonly Message[];
  readonly dead: readonly DeadMessage[];
  readonly retried: readonly RetriedMessage[];
  readonly counts: StoreCounts;
  /** Whether the ledger has the batch already. */
  readonly isInLedger: boolean;
}

/** That no message was to be stored. */
export const NOTHING: StoreOutcome = {
  stored: [],
  dead: [],
  retried: [],
  counts: { candles: 0, unique: 0, inserted: 0, ignored: 0, revised: 0 },
  isInLedger: false,
};

/**
 * Stores the candles of `messages` in one transaction, at the shown time `nowSeconds`. Where D1
 * refuses a row of it, the halves are stored by themselves, down to the one message that is refused:
 * that one is dead, the others are stored. Where D1 cannot store now, the messages go back to the
 * queue. Where `batch` is given, the messages are all of it: the ledger is told in the transaction,
 * if that stores new candles alone.
 */
export async function storeMessages(
  db: D1Database,
  messages: readonly ReadableMessage[],
  nowSeconds: number,
  batch?: StoredBatch,
): Promise<StoreOutcome> {
  if (messages.length === 0) {
    return NOTHING;
  }
  const plan = planStore(messages.map(({ sent }) => sent));
  const result = await storeCandles(db, plan, nowSeconds, batch).catch((error: unknown) => {
    if (error instanceof CandlehouseError) {
      return error;
    }
    throw error;
  });
  if (!(result instanceof CandlehouseError)) {
    const { inserted, ignored, revised, isInLedger } = result;
    const { candles, unique } = plan;
    const counts = { candles, unique: unique.length, inserted, ignored, revised };
    return { ...NOTHING, stored: messages.map(({ message }) => message), counts, isInLedger };
  }
  return result.retryable
    ? retryAll(messages, result)
    : storeHalves(db, messages, nowSeconds, result);
}

function retryAll(messages: readonly ReadableMessage[], error: CandlehouseError): StoreOutcome {
  const { code, message: reason } = error;
  return { ...NOTHING, retried: messages.map(({ message }) => ({ message, code, reason })) };
}

async function storeHalves(
  db: D1Database,
  messages: readonly ReadableMessage[],
  nowSeconds: number,
  error: CandlehouseError,
): Promise<StoreOutcome> {
  const [first, ...others] = messages;
  if (first !== undefined && others.length === 0) {
    const dead = { message: first.message, reasonCode: error.code, reason: error.message };
    return { ...NOTHING, dead: [dead] };
  }
  const middle = Math.ceil(messages.length / 2);
  const before = await storeMessages(db, messages.slice(0, middle), nowSeconds);
  const after = await storeMessages(db, messages.slice(middle), nowSeconds);
  return {
    stored: [...before.stored, ...after.stored],
    dead: [...before.dead, ...after.dead],
    retried: [...before.retried, ...after.retried],
    counts: addCounts(before.counts, after.counts),
    isInLedger: false,
  };
}

export function addCounts(a: StoreCounts, b: StoreCounts): StoreCounts {
  return {
    candles: a.candles + b.candles,
    unique: a.unique + b.unique,
    inserted: a.inserted + b.inserted,
    ignored: a.ignored + b.ignored,
    revised: a.revised + b.revised,
  };
}
