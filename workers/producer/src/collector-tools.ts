import { parseClock, realDurationMs, shownTimeMs } from "@candlehouse/shared/core/clock";
import type { LedgerTally } from "@candlehouse/shared/core/ledger";
import { readStored } from "@candlehouse/shared/d1/collection-table";
import type { CollectorTools } from "./collect-shard.ts";
import { limiterOf } from "./host-limiter.ts";
import { keyOf, readSettings } from "./settings.ts";
import type { Source } from "./sources/source.ts";

/**
 * The real pieces that asking `source` touches; one who asks in the background leaves a weight of
 * `keep` to the others. Calls of the limiters add to `tally`; `env` counts what it counts.
 */
export function collectorTools(
  env: Env,
  exports: Cloudflare.Exports,
  tally: LedgerTally,
  source: Source,
  keep = 0,
): CollectorTools {
  const clock = parseClock(env.CLOCK);
  const { simulatorUrl, keys } = readSettings(env);
  const nowMs = (): number => shownTimeMs(clock, Date.now());
  return {
    access: {
      fetch: (request) => fetch(request),
      simulatorUrl,
      key: keyOf(source, keys),
      nowMs,
    },
    reserve: (host, policy, outcomes, ask) =>
      limiterOf(exports, host, tally).exchange(policy, outcomes, ask, keep),
    readStored: (id, candleKeys) => readStored(env.DB, id, candleKeys),
    queue: env.CANDLES,
    nowMs,
    sleep: (ms) => scheduler.wait(realDurationMs(clock, ms)),
  };
}
