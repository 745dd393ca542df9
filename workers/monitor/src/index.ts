import { logHandlerFailure } from "@candlehouse/shared/log/log";
import { answerRequest } from "./answer-request.ts";
import { contextOf } from "./context.ts";
import { runHour } from "./run-hour.ts";

export { MonitorWork } from "./monitor-work.ts";

export default {
  fetch: (request, env) => answerRequest(request, contextOf(env)),
  async scheduled(controller, env, ctx) {
    try {
      // Fired through a service binding, the time arrives as a Date, whatever its type says.
      const scheduledSeconds = Math.floor(new Date(controller.scheduledTime).getTime() / 1_000);
      const { MonitorWork: work } = ctx.exports;
      await runHour(contextOf(env), (order) => work.scan(order), scheduledSeconds);
    } catch (error) {
      logHandlerFailure("scheduled", error);
      throw error;
    }
  },
} satisfies ExportedHandler<Env>;
