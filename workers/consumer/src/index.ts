import { parseClock } from "@candlehouse/shared/core/clock";
import { databasesOf } from "@candlehouse/shared/d1/databases";
import { logHandlerFailure, writePointsTo } from "@candlehouse/shared/log/log";
import { answerRequest } from "./answer-request.ts";
import { consumeBatch } from "./consume-batch.ts";
import { letterContextOf } from "./letter-context.ts";

export default {
  fetch: (request, env) => answerRequest(request, letterContextOf(env)),
  async queue(batch, env) {
    writePointsTo(env);
    try {
      const context = {
        db: databasesOf(env),
        bucket: env.BUCKET,
        deadLetterQueues: new Set(env.DEAD_LETTER_QUEUES.split(",")),
        clock: parseClock(env.CLOCK),
        realNowMs: Date.now,
      };
      await consumeBatch(batch, context, queueOf(batch, env.QUEUE_SUFFIX));
    } catch (error) {
      logHandlerFailure("queue", error);
      throw error;
    }
  },
} satisfies ExportedHandler<Env>;

/** Its name without what tells it from the queues of other environments. */
function queueOf({ queue }: MessageBatch, suffix: string): string {
  return suffix !== "" && queue.endsWith(suffix) ? queue.slice(0, -suffix.length) : queue;
}
