import { StorageUnavailableError } from "../core/errors.ts";
import type { LedgerCounts, Work } from "../core/ledger.ts";
import { addToLedger } from "../d1/ledger.ts";
import { logHandlerFailure } from "../log/log.ts";

/**
 * Adds `counts` to what `work` did in the hour of `nowSeconds`, unix seconds, and with them the row
 * that is written for it. It is the last thing that an invocation does. The work is done by then,
 * and nothing of it is to be done again for a count: where the ledger cannot be written this does
 * not throw, and the log has `handler.failed` with the counts that are lost.
 */
export async function recordWork(
  db: D1Database,
  work: Work,
  counts: LedgerCounts,
  nowSeconds: number,
): Promise<void> {
  const all = { ...counts, rows_written: (counts.rows_written ?? 0) + 1 };
  try {
    await addToLedger(db, work, all, nowSeconds).run();
  } catch (cause) {
    const lost = Object.entries(all).filter(([, count]) => count !== 0);
    const counted = JSON.stringify(Object.fromEntries(lost));
    const reason = `what ${work} did is not in the ledger: ${counted}: ${String(cause)}`;
    logHandlerFailure("ledger", new StorageUnavailableError(reason, { cause }));
  }
}
