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

/** When the monitor's fire: each full hour, and each five minutes. */
const MONITOR_CRON = "0 * * * *";
const MONITOR_MINUTE = ":00";
const CHECK_CRON = "*/5 * * * *";
const CHECK_MINUTE = /[05]$/;

/**
 * Where `npm start` fires the crons, with the time that the tick is for: `?time=UNIX_MS`. It comes
 * with a header of its own, which no page of another origin can send, and under a name of this machine:
 * a site whose name points to it is of the same origin.
 */
const TICK_PATH = "/__tick";
const TICK_HEADER = "x-candlehouse-tick";
const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (!isTick(url, request.headers)) {
      return env.QUERY.fetch(request);
    }
    const failures = await fireCrons(env, new Date(Number(url.searchParams.get("time"))));
    return failures.length === 0
      ? new Response("ok")
      : new Response(failures.map(String).join("; "), { status: 500 });
  },
} satisfies ExportedHandler<LocalEnv>;

function isTick({ pathname, host }: URL, headers: Headers): boolean {
  return (
    pathname === TICK_PATH &&
    headers.has(TICK_HEADER) &&
    LOOPBACK_HOST.test(host) &&
    LOOPBACK_HOST.test(headers.get("host") ?? host)
  );
}

/** One after the other, each whatever became of those before it; returns what they threw. */
async function fireCrons(env: LocalEnv, scheduledTime: Date): Promise<unknown[]> {
  const time = scheduledTime.toISOString().slice(11, 16);
  const crons = [
    { worker: env.PRODUCER, cron: "* * * * *", isDue: true },
    { worker: env.ARCHIVER, cron: ARCHIVE_CRON, isDue: time === ARCHIVE_TIME },
    { worker: env.MONITOR, cron: MONITOR_CRON, isDue: time.endsWith(MONITOR_MINUTE) },
    { worker: env.MONITOR, cron: CHECK_CRON, isDue: CHECK_MINUTE.test(time) },
  ];
  const failures: unknown[] = [];
  for (const { worker, cron } of crons.filter(({ isDue }) => isDue)) {
    await worker.scheduled({ cron, scheduledTime }).catch((error: unknown) => {
      failures.push(error);
    });
  }
  return failures;
}
