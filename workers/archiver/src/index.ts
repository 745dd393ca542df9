import { logHandlerFailure } from "@candlehouse/shared/log/log";
import { answerRequest } from "./answer-request.ts";
import { consumeCompaction } from "./consume-compaction.ts";
import { contextOf } from "./context.ts";
import { runDaily } from "./run-daily.ts";

export { ArchivePartition } from "./archive-partition.ts";

export default {
  fetch: (request, env) => answerRequest(request, contextOf(env)),
  async scheduled(_controller, env) {
    try {
      await runDaily(contextOf(env));
    } catch (error) {
      logHandlerFailure("scheduled", error);
      throw error;
    }
  },
  async queue(batch, env) {
    try {
      await consumeCompaction(batch, contextOf(env));
    } catch (error) {
      logHandlerFailure("queue", error);
      throw error;
    }
  },
} satisfies ExportedHandler<Env>;
