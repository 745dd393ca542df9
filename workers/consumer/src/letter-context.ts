import { parseClock, type Timekeeper } from "@candlehouse/shared/core/clock";
import { databasesOf } from "@candlehouse/shared/d1/databases";

/** The part of a queue that replaying takes. */
export interface ReplayQueue {
  sendBatch(messages: Iterable<MessageSendRequest>): Promise<unknown>;
}

/** What orders about dead letters work on. */
export interface LetterContext extends Timekeeper {
  readonly db: D1Database;
  readonly bucket: R2Bucket;
  /** By the name of a queue, or of its dead-letter queue: where its messages are sent to. */
  readonly queues: ReadonlyMap<string, ReplayQueue>;
}

/** The context that the bindings in `env` make. Throws where a variable cannot be meant. */
export function letterContextOf(env: Env): LetterContext {
  return {
    db: databasesOf(env),
    bucket: env.BUCKET,
    queues: new Map<string, ReplayQueue>([
      ["candles", env.CANDLES],
      ["candles-dlq", env.CANDLES],
      ["compaction", env.COMPACTION],
      ["compaction-dlq", env.COMPACTION],
    ]),
    clock: parseClock(env.CLOCK),
    realNowMs: Date.now,
  };
}
