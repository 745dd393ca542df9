import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** Stands in for the producer: begins a backfill for any symbol but NO-SUCH, and says which. */
const PRODUCER = `let begun = 0;
export default {
  async fetch(request) {
    const { source, symbol, timeframe, start, end } = await request.json();
    if (symbol === "NO-SUCH") {
      return Response.json(
        { type: "about:blank", title: "Not found", status: 404, detail: "no such market", code: "source_unknown_symbol" },
        { status: 404, headers: { "content-type": "application/problem+json" } },
      );
    }
    begun += 1;
    const id = "backfill-" + begun;
    const series = source + ":" + symbol + ":" + timeframe;
    return Response.json({ id, jobs: [{ id, series, start, end }], message: "begun" }, { status: 202 });
  },
};`;

/** Stands in for the consumer, and takes its time: what is sent to a queue without one is not kept. */
const CONSUMER = "export default { async queue() {} };";

/**
 * Stands in for all hosts: keeps what it is sent, and answers each host's status, as it was told to.
 * `GET /` tells and forgets what came, `PUT /` tells it what to answer.
 */
const INTERNET = `let received = [];
let answers = {};
export default {
  async fetch(request) {
    const { host, pathname } = new URL(request.url);
    if (host === "internet") {
      if (request.method === "PUT") {
        answers = await request.json();
        return new Response();
      }
      const all = received;
      received = [];
      return Response.json(all);
    }
    received.push({
      url: request.url,
      type: request.headers.get("content-type"),
      body: JSON.parse(await request.text()),
    });
    const status = answers[host] ?? 200;
    if (status === 0) {
      await scheduler.wait(5_000);
    }
    const headers = {
      ...(status === 302 ? { location: "https://elsewhere.example/" } : {}),
      ...(status === 429 ? { "retry-after": "1800" } : {}),
    };
    return new Response(status === 204 ? null : "ok", { status, headers });
  },
};`;

export default defineConfig({
  plugins: [
    cloudflareTest(async () => ({
      wrangler: { configPath: `${import.meta.dirname}/wrangler.jsonc` },
      miniflare: {
        outboundService: "internet",
        serviceBindings: { INTERNET: "internet" },
        email: { send_email: [{ name: "TEST_EMAIL" }] },
        workers: [
          {
            name: "internet",
            compatibilityDate: "2026-11-01",
            modules: [{ type: "ESModule", path: "index.mjs", contents: INTERNET }],
          },
          {
            name: "candlehouse-producer",
            compatibilityDate: "2026-11-01",
            modules: [{ type: "ESModule", path: "index.mjs", contents: PRODUCER }],
          },
          {
            name: "candlehouse-consumer",
            compatibilityDate: "2026-11-01",
            modules: [{ type: "ESModule", path: "index.mjs", contents: CONSUMER }],
            queueConsumers: { "compaction-dlq": { maxBatchTimeout: 60 } },
          },
        ],
        bindings: {
          TEST_MIGRATIONS: await readD1Migrations(`${import.meta.dirname}/../../migrations`),
        },
      },
    })),
  ],
  test: {
    name: "monitor",
    root: import.meta.dirname,
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    setupFiles: ["./test/apply-migrations.ts"],
    // A workerd for each file would cost two seconds a file: setupFiles empties the stores instead.
    isolate: false,
    // Beside other tests on two cores, one that takes two seconds alone can take ten.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
