import { CHECK_CRON } from "@candlehouse/shared/core/monitor-plan";
import { logHandlerFailure, writePointsTo } from "@candlehouse/shared/log/log";
import { answerRequest } from "./answer-request.ts";
import { checkAlerts } from "./check-alerts.ts";
import { contextOf } from "./context.ts";
import { countWork } from "./count-work.ts";
import { runHour } from "./run-hour.ts";

export { MonitorWork } from "./monitor-work.ts";

export default {
  fetch: (request, env) => answerRequest(request, contextOf(env)),
  async scheduled(controller, env, ctx) {
    writePointsTo(env);
    try {
      // Fired through a service binding, the time arrives as a Date, whatever its type says.
      const scheduledSeconds = Math.floor(new Date(controller.scheduledTime).getTime() / 1_000);
      const { MonitorWork: work } = ctx.exports;
      await countWork(contextOf(env), async (context) => {
        if (controller.cron === CHECK_CRON) {
          await checkAlerts(context, scheduledSeconds);
        } else {
          await runHour(context, (order) => work.scan(order), scheduledSeconds);
        }
      });
    } catch (error) {
      logHandlerFailure("scheduled", error);
      throw error;
    }
  },
} satisfies ExportedHandler<Env>;
