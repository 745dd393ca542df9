import { bindDatabases } from "@candlehouse/shared/d1/databases";
import { logHandlerFailure, writePointsTo } from "@candlehouse/shared/log/log";
import { answerRequest } from "./answer-request.ts";
import { runTick } from "./run-tick.ts";

export { BackfillSeries } from "./backfill-workflow.ts";
export { HostLimiter } from "./host-limiter.ts";
export { SourceCollector } from "./source-collector.ts";

export default {
  async scheduled(controller, env, ctx) {
    writePointsTo(env);
    // Fired through a service binding, the time arrives as a Date, whatever its type says.
    const scheduledMs = new Date(controller.scheduledTime).getTime();
    const failures = await runTick(bindDatabases(env), ctx.exports, scheduledMs);
    for (const failure of failures) {
      logHandlerFailure("scheduled", failure);
    }
    if (failures.length > 0) {
      throw failures[0];
    }
  },
  fetch(request, env, ctx) {
    return answerRequest(request, { env: bindDatabases(env), exports: ctx.exports });
  },
} satisfies ExportedHandler<Env>;
