import { parseClock } from "@candlehouse/shared/core/clock";
import { logHandlerFailure } from "@candlehouse/shared/log/log";
import { consumeBatch } from "./consume-batch.ts";

export default {
  async queue(batch, env) {
    try {
      await consumeBatch(batch, {
        db: env.DB,
        bucket: env.BUCKET,
        deadLetterQueues: new Set(env.DEAD_LETTER_QUEUES.split(",")),
        clock: parseClock(env.CLOCK),
        realNowMs: Date.now,
      });
    } catch (error) {
      logHandlerFailure("queue", error);
      throw error;
    }
  },
} satisfies ExportedHandler<Env>;
