import { logHandlerFailure } from "@candlehouse/shared/log/log";
import { answerRequest } from "./answer-request.ts";
import { consumeCompaction } from "./consume-compaction.ts";
import { contextOf } from "./context.ts";
import { countWork } from "./count-work.ts";
import { runDaily } from "./run-daily.ts";

export { ArchivePartition } from "./archive-partition.ts";
export { ArchiverWork } from "./archiver-work.ts";

export default {
  fetch: (request, env) => answerRequest(request, contextOf(env)),
  async scheduled(_controller, env, ctx) {
    try {
      const { ArchiverWork: work } = ctx.exports;
      await countWork(contextOf(env), "archive", (context, tally) => {
        tally.requests = 1;
        return runDaily(context, () => work.verifyOldest());
      });
    } catch (error) {
      logHandlerFailure("scheduled", error);
      throw error;
    }
  },
  async queue(batch, env) {
    try {
      await countWork(contextOf(env), "archive", (context, tally) =>
        consumeCompaction(batch, context, tally),
      );
    } catch (error) {
      logHandlerFailure("queue", error);
      throw error;
    }
  },
} satisfies ExportedHandler<Env>;
