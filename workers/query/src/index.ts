import { createApp } from "./app.ts";
import { EdgeCache } from "./edge-cache.ts";

const app = createApp(new EdgeCache(caches.default));

export default { fetch: app.fetch } satisfies ExportedHandler<Env>;
