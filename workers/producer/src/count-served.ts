import { parseClock, shownTimeMs } from "@candlehouse/shared/core/clock";
import {
  addToTally,
  newTally,
  type LedgerCounts,
  type LedgerTally,
} from "@candlehouse/shared/core/ledger";
import { recordWork } from "@candlehouse/shared/ledger/record-work";

/** Calls of limiters that are held in memory before the ledger is told of them. */
export const HELD_CALLS_MAX = 100;

/**
 * What readers cause. A row a request would cost more than the request, so it is held in the
 * isolate's memory until it is worth a row; what an isolate holds when it ends is lost.
 */
export class HeldTally {
  #held = newTally();

  /** Adds `counts`. Returns all that was held once it is worth a row, and holds nothing then. */
  add(counts: LedgerCounts): LedgerCounts | undefined {
    addToTally(this.#held, counts);
    if (this.#held.object_requests < HELD_CALLS_MAX) {
      return undefined;
    }
    const held = this.#held;
    this.#held = newTally();
    return held;
  }
}

/** What the isolate holds from one request to the next. */
const served = new HeldTally();

/**
 * Does `work` for a reader; what it adds to its tally reaches the ledger with that of others, also
 * where it fails. Throws what `work` throws.
 */
export async function countServed<Result>(
  env: Env,
  work: (tally: LedgerTally) => Promise<Result>,
): Promise<Result> {
  const tally = newTally();
  try {
    return await work(tally);
  } finally {
    const held = served.add(tally);
    if (held !== undefined) {
      const nowSeconds = Math.floor(shownTimeMs(parseClock(env.CLOCK), Date.now()) / 1_000);
      await recordWork(env.DB, "serve", held, nowSeconds);
    }
  }
}
