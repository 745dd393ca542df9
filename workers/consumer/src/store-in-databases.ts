import { allDatabases, groupByOwner } from "@candlehouse/shared/d1/databases";
import type { StoredBatch } from "@candlehouse/shared/d1/store-candles";
import type { ReadableMessage } from "./decode-batch.ts";
import { addCounts, NOTHING, storeMessages, type StoreOutcome } from "./store-messages.ts";

/**
 * Stores the candles of `messages` as `storeMessages` does, in one transaction of each database that
 * has some of their series. A message is stored when all of its candles are committed; until then it
 * goes back to the queue whole, and what is committed is passed over when it comes again. Where one
 * database refuses a candle of it for good, and no other is still to store the rest, it is dead. The
 * ledger, which the first database has, is told by whoever asks, unless that is the only one.
 */
export async function storeInDatabases(
  db: D1Database,
  messages: readonly ReadableMessage[],
  nowSeconds: number,
  batch?: StoredBatch,
): Promise<StoreOutcome> {
  if (allDatabases(db).length === 1) {
    return storeMessages(db, messages, nowSeconds, batch);
  }
  const parts = splitMessages(db, messages);
  const outcomes = await Promise.all(
    [...parts].map(([owner, part]) => storeMessages(owner, part, nowSeconds)),
  );
  return joinOutcomes(messages, outcomes);
}

/** The messages of each database, with the candles that belong there alone. */
function splitMessages(
  db: D1Database,
  messages: readonly ReadableMessage[],
): ReadonlyMap<D1Database, readonly ReadableMessage[]> {
  const parts = new Map<D1Database, ReadableMessage[]>();
  for (const { message, sent } of messages) {
    const groups = groupByOwner(db, sent.candles, ([symbol, timeframe]) => ({
      source: sent.source,
      symbol,
      timeframe,
    }));
    for (const { db: owner, items } of groups) {
      const part = parts.get(owner) ?? [];
      part.push({ message, sent: { ...sent, candles: items } });
      parts.set(owner, part);
    }
  }
  return parts;
}

/** What became of each of `messages` in all databases: one fate each. */
function joinOutcomes(
  messages: readonly ReadableMessage[],
  outcomes: readonly StoreOutcome[],
): StoreOutcome {
  const retried = new Map(
    outcomes.flatMap((one) => one.retried.map((each) => [each.message, each] as const)),
  );
  const dead = new Map(
    outcomes
      .flatMap((one) => one.dead.map((each) => [each.message, each] as const))
      // What another database may yet store of it is not given up with it.
      .filter(([message]) => !retried.has(message)),
  );
  return {
    stored: messages
      .map(({ message }) => message)
      .filter((message) => !retried.has(message) && !dead.has(message)),
    dead: [...dead.values()],
    retried: [...retried.values()],
    counts: outcomes.reduce((sum, { counts }) => addCounts(sum, counts), NOTHING.counts),
    isInLedger: false,
  };
}
