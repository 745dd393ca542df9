import { shownSeconds } from "@candlehouse/shared/core/clock";
import { newTally } from "@candlehouse/shared/core/ledger";
import { countD1 } from "@candlehouse/shared/ledger/count-d1";
import { countR2 } from "@candlehouse/shared/ledger/count-r2";
import { recordWork } from "@candlehouse/shared/ledger/record-work";
import type { MonitorContext } from "./context.ts";

/**
 * Does `run`, the work of one invocation, with a context that counts what is billed, and tells the
 * ledger of it, also where it fails: what was done is billed all the same. `requests` are those that
 * are billed of the invocation itself: one, but none where another Worker calls it. Throws what `run`
 * throws.
 */
export async function countWork<Result>(
  context: MonitorContext,
  run: (counted: MonitorContext) => Promise<Result>,
  requests: 0 | 1 = 1,
): Promise<Result> {
  const tally = newTally();
  tally.runs = 1;
  tally.requests = requests;
  const startedMs = context.realNowMs();
  try {
    return await run({
      ...context,
      db: countD1(context.db, tally),
      bucket: countR2(context.bucket, tally),
    });
  } finally {
    tally.duration_ms = context.realNowMs() - startedMs;
    await recordWork(context.db, "monitor", tally, shownSeconds(context));
  }
}
