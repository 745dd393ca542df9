import { parseClock } from "@candlehouse/shared/core/clock";
import { logHandlerFailure } from "@candlehouse/shared/log/log";
import { answerRequest } from "./answer-request.ts";
import { consumeBatch } from "./consume-batch.ts";
import { letterContextOf } from "./letter-context.ts";

export default {
  fetch: (request, env) => answerRequest(request, letterContextOf(env)),
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
