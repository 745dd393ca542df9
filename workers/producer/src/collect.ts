import { planCollection } from "@candlehouse/shared/core/collect-plan";
import { addToTally, type LedgerTally } from "@candlehouse/shared/core/ledger";
import type { SourceId } from "@candlehouse/shared/core/source";
import { recordLeft, recordOff } from "@candlehouse/shared/d1/collection-record";
import { readProgress } from "@candlehouse/shared/d1/collection-table";
import { log } from "@candlehouse/shared/log/log";
import { keyOf, readSettings } from "./settings.ts";
import { allSources } from "./sources/registry.ts";
import { offReason, type Source } from "./sources/source.ts";

/**
 * One tick of the cron: plans which series are due at `scheduledMs` and has each shard collected in
 * an invocation of its own; what the shards did is added to `tally`. Throws after all of them have
 * ended, where one of them failed: what that one did is not in the tally.
 */
export async function collect(
  env: Env,
  exports: Cloudflare.Exports,
  scheduledMs: number,
  tally: LedgerTally,
): Promise<void> {
  const startMs = Date.now();
  const nowSeconds = Math.floor(scheduledMs / 1_000);
  const { on, off } = sortSources(readSettings(env).keys);
  const series = await readProgress(env.DB);
  const plan = planCollection(series, on, nowSeconds);
  const wanted = new Set(series.map(({ source }) => source));
  await recordOff(
    env.DB,
    off.filter(({ source }) => wanted.has(source)),
    nowSeconds,
  );
  await recordLeft(env.DB, plan.left);
  log("collection.planned", {
    scheduledAt: new Date(scheduledMs).toISOString(),
    series: series.length,
    due: plan.due,
    deferred: plan.deferred,
    left: plan.left.length,
    beyondReach: plan.beyondReach,
    shards: plan.shards.length,
    durationMs: Date.now() - startMs,
  });
  const results = await Promise.allSettled(
    plan.shards.map((shard) => exports.SourceCollector.collect(shard)),
  );
  const failures: unknown[] = [];
  for (const result of results) {
    if (result.status === "fulfilled") {
      addToTally(tally, result.value);
    } else {
      failures.push(result.reason);
    }
  }
  if (failures.length > 0) {
    throw new AggregateError(failures, failures.map(String).join("; "));
  }
}

/** Which sources can be asked with `keys`, and which cannot and why. */
function sortSources(keys: ReadonlyMap<string, string>): {
  readonly on: ReadonlyMap<SourceId, Source>;
  readonly off: readonly { readonly source: SourceId; readonly reason: string }[];
} {
  const on = new Map<SourceId, Source>();
  const off: { source: SourceId; reason: string }[] = [];
  for (const source of allSources()) {
    const reason = offReason(source, keyOf(source, keys));
    if (reason === undefined) {
      on.set(source.id, source);
    } else {
      off.push({ source: source.id, reason });
    }
  }
  return { on, off };
}
