import { describe, expect, test } from "vitest";
import { z } from "zod";
import { readWorkerConfigs } from "../scripts/deployment/worker-config.ts";

describe("what is reachable from outside once it is deployed", () => {
  test("is the query Worker alone, which asks for keys, and no version of it but the one deployed", () => {
    const reachable = [...readWorkerConfigs()].map(([worker, config]) => ({
      worker,
      address: config["workers_dev"] !== false,
      addressOfVersions: config["preview_urls"] !== false,
      routes: config.routes?.length ?? 0,
    }));
    const closed = { address: false, addressOfVersions: false, routes: 0 };
    expect(reachable.toSorted((a, b) => a.worker.localeCompare(b.worker))).toEqual([
      { worker: "archiver", ...closed },
      { worker: "consumer", ...closed },
      { worker: "monitor", ...closed },
      { worker: "producer", ...closed },
      { worker: "query", ...closed, address: true },
    ]);
  });
});

/** The door of the local system, by a name that the compiler cannot follow: it has types of its own. */
const gatewaySchema = z.object({
  default: z.object({
    fetch: z.custom<(request: Request, env: object) => Promise<Response>>(
      (value) => typeof value === "function",
    ),
  }),
});

describe("the crons of the local system", () => {
  const ticked: string[] = [];
  const cron = (name: string) => ({
    scheduled: () => {
      ticked.push(name);
      return Promise.resolve();
    },
  });
  const env = {
    QUERY: { fetch: () => Promise.resolve(new Response(null, { status: 404 })) },
    PRODUCER: cron("producer"),
    ARCHIVER: cron("archiver"),
    MONITOR: cron("monitor"),
  };

  test.each([
    ["http://127.0.0.1:8787", { "x-candlehouse-tick": "1" }, 200],
    ["http://localhost:8787", { "x-candlehouse-tick": "1" }, 200],
    ["http://127.0.0.1:8787", {}, 404],
    ["http://evil.test:8787", { "x-candlehouse-tick": "1" }, 404],
    ["http://localhost.evil.test", { "x-candlehouse-tick": "1" }, 404],
    ["http://127.0.0.1:8787", { "x-candlehouse-tick": "1", host: "evil.test:8787" }, 404],
  ] as const)(
    "are fired under names of the machine alone: %s %j",
    async (origin, headers, status) => {
      ticked.length = 0;
      const path: string = new URL("../scripts/local-gateway/index.ts", import.meta.url).href;
      const { default: gateway } = gatewaySchema.parse(await import(path));
      const request = new Request(`${origin}/__tick?time=60000`, { method: "POST", headers });
      expect((await gateway.fetch(request, env)).status).toBe(status);
      expect(ticked).toEqual(status === 200 ? ["producer"] : []);
    },
  );
});
