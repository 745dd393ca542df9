/** The generated type of a service binding does not know that a cron can be fired through it. */
interface CronWorker extends Fetcher {
  scheduled(controller: { cron: string; scheduledTime: Date }): Promise<unknown>;
}

/** Bindings of wrangler.jsonc; a Worker that is never deployed needs no generated file. */
interface LocalEnv {
  readonly QUERY: Fetcher;
  readonly PRODUCER: CronWorker;
  readonly ARCHIVER: CronWorker;
  readonly MONITOR: CronWorker;
}

/** When the archiver's cron fires, as its own configuration has it: each day at this time, UTC. */
const ARCHIVE_CRON = "17 2 * * *";
const ARCHIVE_TIME = "02:17";

/** When the monitor's fires: each full hour. */
const MONITOR_CRON = "0 * * * *";
const MONITOR_MINUTE = ":00";

/**
 * Where `npm start` fires the crons, with the time that the tick is for: `?time=UNIX_MS`. It comes
 * with a header of its own, which no page of another origin can send.
 */
const TICK_PATH = "/__tick";
const TICK_HEADER = "x-candlehouse-tick";

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname !== TICK_PATH || !request.headers.has(TICK_HEADER)) {
      return env.QUERY.fetch(request);
    }
    const scheduledTime = new Date(Number(url.searchParams.get("time")));
    try {
      await env.PRODUCER.scheduled({ cron: "* * * * *", scheduledTime });
      const time = scheduledTime.toISOString().slice(11, 16);
      if (time === ARCHIVE_TIME) {
        await env.ARCHIVER.scheduled({ cron: ARCHIVE_CRON, scheduledTime });
      }
      if (time.endsWith(MONITOR_MINUTE)) {
        await env.MONITOR.scheduled({ cron: MONITOR_CRON, scheduledTime });
      }
      return new Response("ok");
    } catch (error) {
      return new Response(String(error), { status: 500 });
    }
  },
} satisfies ExportedHandler<LocalEnv>;
