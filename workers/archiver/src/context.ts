import { parseClock, type Timekeeper } from "@candlehouse/shared/core/clock";
import { wholeNumberSetting } from "@candlehouse/shared/core/setting";
import { databasesOf } from "@candlehouse/shared/d1/databases";
import type { CandleMessage } from "@candlehouse/shared/queue/candle-message";
import type { CompactionMessage } from "@candlehouse/shared/queue/compaction-message";
import type { ArchiveParams } from "./archive-partition.ts";

/** What the archiver works on. */
export interface ArchiverContext extends Timekeeper {
  readonly db: D1Database;
  readonly bucket: R2Bucket;
  readonly archive: Workflow<ArchiveParams>;
  readonly compaction: Queue<CompactionMessage>;
  readonly candles: Queue<CandleMessage>;
  /** Days before today whose candles stay hot. */
  readonly hotDays: number;
  /** How long a file that was replaced, or that no row names, is left alone. */
  readonly deleteAfterSeconds: number;
}

/** The context that the bindings in `env` make. Throws where a variable cannot be meant. */
export function contextOf(env: Env): ArchiverContext {
  return {
    db: databasesOf(env),
    bucket: env.BUCKET,
    archive: env.ARCHIVE,
    compaction: env.COMPACTION,
    candles: env.CANDLES,
    clock: parseClock(env.CLOCK),
    realNowMs: Date.now,
    hotDays: wholeNumberSetting("HOT_DAYS", env.HOT_DAYS),
    deleteAfterSeconds:
      wholeNumberSetting("ARCHIVE_DELETE_AFTER_HOURS", env.ARCHIVE_DELETE_AFTER_HOURS) * 3_600,
  };
}
