import { newTally } from "@candlehouse/shared/core/ledger";
import { recordWork } from "@candlehouse/shared/ledger/record-work";
import { backfillContext } from "./backfill-context.ts";
import { watchBackfills } from "./backfill-watch.ts";
import { collect } from "./collect.ts";
import { countBindings } from "./count-bindings.ts";

/**
 * What the cron does in the minute of `scheduledMs`, unix milliseconds: collects what is due and
 * looks at the open backfills, each whatever becomes of the other, and tells the ledger of both.
 * Returns what they failed with.
 */
export async function runTick(
  env: Env,
  exports: Cloudflare.Exports,
  scheduledMs: number,
): Promise<readonly unknown[]> {
  const startMs = Date.now();
  const tally = newTally();
  const counted = countBindings(env, tally);
  const results = await Promise.allSettled([
    collect(counted, exports, scheduledMs, tally),
    watchBackfills(backfillContext(counted, exports)),
  ]);
  tally.runs = 1;
  tally.requests = 1;
  tally.duration_ms = Date.now() - startMs;
  await recordWork(env.DB, "collect", tally, Math.floor(scheduledMs / 1_000));
  return results.flatMap((result): unknown[] =>
    result.status === "rejected" ? [result.reason] : [],
  );
}
