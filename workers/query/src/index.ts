import { createApp } from "./app.ts";
import { EdgeCache } from "./edge-cache.ts";
import { bindDatabases } from "@candlehouse/shared/d1/databases";

const app = createApp(new EdgeCache(caches.default));

export default {
  fetch: (request, env, ctx) => app.fetch(request, bindDatabases(env), ctx),
} satisfies ExportedHandler<Env>;
