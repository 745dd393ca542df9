import { shownSeconds } from "@candlehouse/shared/core/clock";
import { newTally, type LedgerTally, type Work } from "@candlehouse/shared/core/ledger";
import { countD1 } from "@candlehouse/shared/ledger/count-d1";
import { countQueue } from "@candlehouse/shared/ledger/count-queue";
import { countR2 } from "@candlehouse/shared/ledger/count-r2";
import { recordWork } from "@candlehouse/shared/ledger/record-work";
import type { StepContext } from "./archive-steps.ts";
import type { ArchiverContext } from "./context.ts";

/**
 * Does `run` with a context that counts what is billed, and tells the ledger of it, also where it
 * fails: what was done is billed all the same. Throws what `run` throws.
 */
export async function countWork<Result>(
  context: ArchiverContext,
  work: Work,
  run: (counted: ArchiverContext, tally: LedgerTally) => Promise<Result>,
): Promise<Result> {
  const tally = newTally();
  const startedMs = context.realNowMs();
  const counted: ArchiverContext = {
    ...countStores(context, tally),
    compaction: countQueue(context.compaction, tally),
    candles: countQueue(context.candles, tally),
  };
  try {
    return await run(counted, tally);
  } finally {
    tally.duration_ms = context.realNowMs() - startedMs;
    await recordWork(context.db, work, tally, shownSeconds(context));
  }
}

/** `context`, whose database and bucket add what is billed of them to `tally`. */
export function countStores<Context extends StepContext>(
  context: Context,
  tally: LedgerTally,
): Context {
  return {
    ...context,
    db: countD1(context.db, tally),
    bucket: countR2(context.bucket, tally),
  };
}
