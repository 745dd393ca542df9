import { parseClock, type Timekeeper } from "@candlehouse/shared/core/clock";
import { wholeNumberSetting } from "@candlehouse/shared/core/setting";
import { databasesOf } from "@candlehouse/shared/d1/databases";
import { noticeSettings, type NoticeSettings } from "./notice-settings.ts";

/**
 * Invocations of Workers that one request or cron may lead to: calls through service bindings, and
 * those of a Worker to itself, of which no page says that they are free.
 * https://developers.cloudflare.com/workers/runtime-apis/bindings/service-bindings/#limits
 */
const INVOCATIONS_MAX = 32;

/** Of these, the Worker's own, that of whoever called it, and two to spare. */
const INVOCATIONS_KEPT = 4;

/** How many calls of other invocations this one may still make. */
export interface CallsLeft {
  left: number;
}

/** The calls of an invocation that has made none. */
export function allCalls(): CallsLeft {
  return { left: INVOCATIONS_MAX - INVOCATIONS_KEPT };
}

/** What the monitor works on. */
export interface MonitorContext extends Timekeeper {
  readonly db: D1Database;
  readonly bucket: R2Bucket;
  readonly producer: Fetcher;
  /** By name. Nothing is sent to them: they tell what waits in them. */
  readonly queues: Readonly<Record<string, Queue>>;
  /** Whole days before today whose candles stay in D1. */
  readonly hotDays: number;
  readonly calls: CallsLeft;
  /** Where what happens to alerts is told. */
  readonly notices: NoticeSettings;
  /** Resolves after so many real milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
}

/** The context that the bindings in `env` make. Throws where a variable cannot be meant. */
export function contextOf(env: Env): MonitorContext {
  return {
    db: databasesOf(env),
    bucket: env.BUCKET,
    producer: env.PRODUCER,
    queues: {
      candles: env.CANDLES,
      "candles-dlq": env.CANDLES_DLQ,
      compaction: env.COMPACTION,
      "compaction-dlq": env.COMPACTION_DLQ,
    },
    hotDays: wholeNumberSetting("HOT_DAYS", env.HOT_DAYS),
    clock: parseClock(env.CLOCK),
    calls: allCalls(),
    notices: noticeSettings(env),
    realNowMs: Date.now,
    sleep: (ms) => scheduler.wait(ms),
  };
}
