import { logHandlerFailure } from "@candlehouse/shared/log/log";
import { answerRequest } from "./answer-request.ts";
import { backfillContext } from "./backfill-context.ts";
import { watchBackfills } from "./backfill-watch.ts";
import { collect } from "./collect.ts";

export { BackfillSeries } from "./backfill-workflow.ts";
export { HostLimiter } from "./host-limiter.ts";
export { SourceCollector } from "./source-collector.ts";

export default {
  async scheduled(controller, env, ctx) {
    // Fired through a service binding, the time arrives as a Date, whatever its type says.
    const scheduledMs = new Date(controller.scheduledTime).getTime();
    const work = [
      collect(env, ctx.exports, scheduledMs),
      watchBackfills(backfillContext(env, ctx.exports)),
    ];
    // Each is done whatever becomes of the other.
    const results = await Promise.allSettled(work);
    const failures = results.flatMap((result) =>
      result.status === "rejected" ? [result.reason as unknown] : [],
    );
    for (const failure of failures) {
      logHandlerFailure("scheduled", failure);
    }
    if (failures.length > 0) {
      throw failures[0];
    }
  },
  fetch(request, env, ctx) {
    return answerRequest(request, { env, exports: ctx.exports });
  },
} satisfies ExportedHandler<Env>;
