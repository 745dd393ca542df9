import { shownSeconds } from "@candlehouse/shared/core/clock";
import { newTally, type LedgerTally } from "@candlehouse/shared/core/ledger";
import { recordWork } from "@candlehouse/shared/ledger/record-work";
import { backfillContext, type BackfillContext } from "./backfill-context.ts";
import { countBindings } from "./count-bindings.ts";

/**
 * Does `work` as a step of a backfill's Workflow, and tells the ledger of it, also where it fails:
 * what was done is billed all the same. That nothing is done again for a count, `recordWork` sees
 * to. Throws what `work` throws.
 */
export async function countStep<Result>(
  env: Env,
  exports: Cloudflare.Exports,
  work: (context: BackfillContext, tally: LedgerTally) => Promise<Result>,
): Promise<Result> {
  const tally = newTally();
  tally.steps = 1;
  return countTo(tally, env, exports, (context) => work(context, tally));
}

/**
 * Does what an order about backfills asks for, and tells the ledger of it in the same way: as no run,
 * since those are turns, and without a request, which the monitor makes none of.
 */
export async function countOrder<Result>(
  env: Env,
  exports: Cloudflare.Exports,
  work: (context: BackfillContext) => Promise<Result>,
): Promise<Result> {
  return countTo(newTally(), env, exports, work);
}

async function countTo<Result>(
  tally: LedgerTally,
  env: Env,
  exports: Cloudflare.Exports,
  work: (context: BackfillContext) => Promise<Result>,
): Promise<Result> {
  const context = backfillContext(countBindings(env, tally), exports, tally);
  const startedMs = context.realNowMs();
  try {
    return await work(context);
  } finally {
    tally.duration_ms = context.realNowMs() - startedMs;
    await recordWork(env.DB, "backfill", tally, shownSeconds(context));
  }
}
