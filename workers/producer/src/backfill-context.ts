import {
  parseClock,
  realDurationMs,
  shownTimeMs,
  type ClockSetting,
} from "@candlehouse/shared/core/clock";
import type { SourceId } from "@candlehouse/shared/core/source";
import type { AskTools } from "./backfill-ask.ts";
import { limiterOf } from "./host-limiter.ts";
import type { CandleQueue } from "./send-candles.ts";
import { keyOf, readSettings } from "./settings.ts";
import { sourceOf } from "./sources/registry.ts";
import type { Source } from "./sources/source.ts";

/** What an instance of the Workflow is given; everything else stands in the job. */
export interface BackfillParams {
  readonly job: string;
  /** Steps that it takes at most. */
  readonly turns: number;
}

/** What backfills work on. */
export interface BackfillContext {
  readonly db: D1Database;
  readonly bucket: R2Bucket;
  readonly queue: CandleQueue;
  readonly archiver: Pick<Fetcher, "fetch">;
  readonly workflow: Workflow<BackfillParams>;
  readonly clock: ClockSetting;
  /** The real time, unix milliseconds. */
  readonly realNowMs: () => number;
  /** Days before today whose candles stay hot. */
  readonly hotDays: number;
  readonly source: (id: SourceId) => Source;
  readonly askTools: (source: Source) => AskTools;
}

/** The context that the bindings make. Throws where a variable cannot be meant. */
export function backfillContext(env: Env, exports: Cloudflare.Exports): BackfillContext {
  const clock = parseClock(env.CLOCK);
  const { simulatorUrl, keys } = readSettings(env);
  const nowMs = (): number => shownTimeMs(clock, Date.now());
  return {
    db: env.DB,
    bucket: env.BUCKET,
    queue: env.CANDLES,
    archiver: env.ARCHIVER,
    workflow: env.BACKFILL,
    clock,
    realNowMs: Date.now,
    hotDays: readHotDays(env.HOT_DAYS),
    source: sourceOf,
    askTools: (source) => ({
      access: {
        fetch: (request) => fetch(request),
        simulatorUrl,
        key: keyOf(source, keys),
        nowMs,
      },
      // Half of what a host allows at once is left to collection, which must not wait.
      reserve: (host, policy, outcomes, ask) =>
        limiterOf(exports, host).exchange(policy, outcomes, ask, policy.burst / 2),
      nowMs,
      sleep: (ms) => scheduler.wait(realDurationMs(clock, ms)),
      realMs: (ms) => realDurationMs(clock, ms),
      realNowMs: Date.now,
    }),
  };
}

/** What the clock shows, unix seconds. */
export function shownSeconds({
  clock,
  realNowMs,
}: Pick<BackfillContext, "clock" | "realNowMs">): number {
  return Math.floor(shownTimeMs(clock, realNowMs()) / 1_000);
}

function readHotDays(value: string): number {
  if (!/^[1-9]\d{0,4}$/.test(value)) {
    throw new RangeError(`HOT_DAYS is ${JSON.stringify(value)}: a whole number from 1 on`);
  }
  return Number(value);
}
