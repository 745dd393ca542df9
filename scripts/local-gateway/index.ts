/** Bindings of wrangler.jsonc; a Worker that is never deployed needs no generated file. */
interface LocalEnv {
  readonly QUERY: Fetcher;
  /** The generated type of a service binding does not know that a cron can be fired through it. */
  readonly PRODUCER: Fetcher & {
    scheduled(controller: { cron: string; scheduledTime: Date }): Promise<unknown>;
  };
}

/**
 * Where `npm start` fires the cron, with the time that the tick is for: `?time=UNIX_MS`. It comes
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
      return new Response("ok");
    } catch (error) {
      return new Response(String(error), { status: 500 });
    }
  },
} satisfies ExportedHandler<LocalEnv>;
