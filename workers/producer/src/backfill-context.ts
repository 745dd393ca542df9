import { parseClock, realDurationMs, type Timekeeper } from "@candlehouse/shared/core/clock";
import { newTally, type LedgerTally } from "@candlehouse/shared/core/ledger";
import { wholeNumberSetting } from "@candlehouse/shared/core/setting";
import type { SourceId } from "@candlehouse/shared/core/source";
import type { AskTools } from "./backfill-ask.ts";
import { parseBudget, type Budget } from "./backfill-budget.ts";
import { collectorTools } from "./collector-tools.ts";
import type { CandleQueue } from "./send-candles.ts";
import { sourceOf } from "./sources/registry.ts";
import type { Source } from "./sources/source.ts";

/** What an instance of the Workflow is given; everything else stands in the job. */
export interface BackfillParams {
  readonly job: string;
  /** Steps that it takes at most. */
  readonly turns: number;
}

/** What backfills work on. */
export interface BackfillContext extends Timekeeper {
  readonly db: D1Database;
  readonly bucket: R2Bucket;
  readonly queue: CandleQueue;
  readonly archiver: Pick<Fetcher, "fetch">;
  readonly workflow: Workflow<BackfillParams>;
  /** Days before today whose candles stay hot. */
  readonly hotDays: number;
  /** What a month may cost; null where backfills go as fast as they can. */
  readonly budget: Budget | null;
  readonly source: (id: SourceId) => Source;
  readonly askTools: (source: Source) => AskTools;
}

/**
 * The context that the bindings make. Calls of the limiters add to `tally`; who asks no source needs
 * none. Throws where a variable cannot be meant.
 */
export function backfillContext(
  env: Env,
  exports: Cloudflare.Exports,
  tally: LedgerTally = newTally(),
): BackfillContext {
  const clock = parseClock(env.CLOCK);
  return {
    db: env.DB,
    bucket: env.BUCKET,
    queue: env.CANDLES,
    archiver: env.ARCHIVER,
    workflow: env.BACKFILL,
    clock,
    realNowMs: Date.now,
    hotDays: wholeNumberSetting("HOT_DAYS", env.HOT_DAYS),
    // Read when a backfill asks for it: a budget that cannot be meant is to keep nothing else.
    get budget() {
      return parseBudget(env.BUDGET_USD);
    },
    source: sourceOf,
    askTools: (source) => ({
      // Half of what a host allows at once is left to collection, which must not wait.
      ...collectorTools(env, exports, tally, source, source.rate.burst / 2),
      realMs: (ms) => realDurationMs(clock, ms),
      realNowMs: Date.now,
    }),
  };
}
