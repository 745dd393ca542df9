import { parseClock, shownTimeMs, type ClockSetting } from "@candlehouse/shared/core/clock";
import type { CandleMessage } from "@candlehouse/shared/queue/candle-message";
import type { CompactionMessage } from "@candlehouse/shared/queue/compaction-message";
import type { ArchiveParams } from "./archive-partition.ts";

/** What the archiver works on. */
export interface ArchiverContext {
  readonly db: D1Database;
  readonly bucket: R2Bucket;
  readonly archive: Workflow<ArchiveParams>;
  readonly compaction: Queue<CompactionMessage>;
  readonly candles: Queue<CandleMessage>;
  readonly clock: ClockSetting;
  /** The real time, unix milliseconds. */
  readonly realNowMs: () => number;
  /** Days before today whose candles stay hot. */
  readonly hotDays: number;
  /** How long a file that was replaced, or that no row names, is left alone. */
  readonly deleteAfterSeconds: number;
}

/** The context that the bindings in `env` make. Throws where a variable cannot be meant. */
export function contextOf(env: Env): ArchiverContext {
  return {
    db: env.DB,
    bucket: env.BUCKET,
    archive: env.ARCHIVE,
    compaction: env.COMPACTION,
    candles: env.CANDLES,
    clock: parseClock(env.CLOCK),
    realNowMs: Date.now,
    hotDays: wholeNumber("HOT_DAYS", env.HOT_DAYS),
    deleteAfterSeconds:
      wholeNumber("ARCHIVE_DELETE_AFTER_HOURS", env.ARCHIVE_DELETE_AFTER_HOURS) * 3_600,
  };
}

/** What the clock shows, unix seconds. */
export function shownSeconds({
  clock,
  realNowMs,
}: Pick<ArchiverContext, "clock" | "realNowMs">): number {
  return Math.floor(shownTimeMs(clock, realNowMs()) / 1_000);
}

function wholeNumber(name: string, value: string): number {
  if (!/^[1-9]\d{0,4}$/.test(value)) {
    throw new RangeError(`${name} is ${JSON.stringify(value)}: a whole number from 1 on`);
  }
  return Number(value);
}
