import { logHandlerFailure } from "@candlehouse/shared/log/log";
import { answerTrigger } from "./answer-trigger.ts";
import { collect } from "./collect.ts";

export { HostLimiter } from "./host-limiter.ts";
export { SourceCollector } from "./source-collector.ts";

export default {
  async scheduled(controller, env, ctx) {
    // Fired through a service binding, the time arrives as a Date, whatever its type says.
    await collect(env, ctx.exports, new Date(controller.scheduledTime).getTime()).catch(
      (error: unknown) => {
        logHandlerFailure("scheduled", error);
        throw error;
      },
    );
  },
  fetch(request, env, ctx) {
    return answerTrigger(request, env, ctx.exports);
  },
} satisfies ExportedHandler<Env>;
