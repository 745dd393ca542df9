import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { Validator } from "@seriousme/openapi-schema-validator";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";
import { buildAssets } from "../../scripts/build-assets.ts";

/** Stands in for the producer: answers what it was asked, so that a test sees what was forwarded. */
const PRODUCER = `export default {
  async fetch(request) {
    const { pathname, search, searchParams } = new URL(request.url);
    const body = await request.text();
    if (pathname === "/v1/hosts") {
      const host = { state: "silent", silent_until: 1679616700, reason: "rate_limited", strikes: 2, used_ratio: 0.25, burst: 20, per_second: 2 };
      const sources = searchParams.getAll("source").map((source) => ({ source, hosts: [{ host: "api." + source + ".test", ...host }] }));
      return Response.json({ sources });
    }
    if (pathname === "/v1/open-candles") {
      return Response.json({ series: [] });
    }
    if (pathname === "/v1/budget") {
      return Response.json({ budget: null });
    }
    if (pathname !== "/trigger" && !body.includes("NO-SUCH")) {
      const asked = request.method + " " + pathname + search;
      const headers = Object.fromEntries(request.headers);
      return Response.json({ asked, body, type: headers["content-type"] ?? null, authorization: headers["authorization"] ?? null });
    }
    const asked = JSON.parse(body);
    if (body.includes("NO-SUCH")) {
      return Response.json(
        { type: "about:blank", title: "Not found", status: 404, detail: "no such market", code: "source_unknown_symbol" },
        { status: 404, headers: { "content-type": "application/problem+json", "retry-after": "7" } },
      );
    }
    return Response.json({ inserted: 3, message: JSON.stringify(asked), next_trigger: request.url });
  },
};`;

/** Stands in for the archiver: answers what it was asked, or the problem that the body names. */
const ARCHIVER = `export default {
  async fetch(request) {
    const body = new Uint8Array(await request.arrayBuffer());
    if (new TextDecoder().decode(body.slice(0, 100)).includes("kraken:NO-SUCH:1m")) {
      return Response.json(
        { type: "about:blank", title: "Not found", status: 404, detail: "no such series", code: "not_found" },
        { status: 404, headers: { "content-type": "application/problem+json", "retry-after": "7" } },
      );
    }
    const { pathname, search } = new URL(request.url);
    return Response.json(
      {
        asked: request.method + " " + pathname + search,
        type: request.headers.get("content-type"),
        authorization: request.headers.get("authorization"),
        bytes: body.length,
        sum: body.reduce((sum, byte) => (sum + byte) % 65536, 0),
      },
      { status: 202, headers: { location: "/v1/archive/runs/1" } },
    );
  },
};`;

/** Stands in for the monitor: nothing waits in the queues; else it answers as the archiver's stand-in does. */
const MONITOR = ARCHIVER.replace(
  "async fetch(request) {",
  `async fetch(request) {
    if (new URL(request.url).pathname === "/v1/queues") {
      return Response.json({
        queues: [
          { queue: "candles", backlog_messages: 0, backlog_bytes: 0, oldest_message_at: null },
        ],
      });
    }`,
);

/** Runs outside workerd: the validator reads its schemas from files. */
async function validateOpenApi(request: { json(): Promise<unknown> }) {
  return Response.json(await new Validator().validate(Object(await request.json())));
}

/** The keys of an issuer of tokens: the tests sign by the private one. */
const ISSUER_KEYS = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ISSUER_KEY = { kid: "test", alg: "ES256", use: "sig" };

/** The network: the public key of the issuer, and an issuer that is down. */
function answerOutside({ url }: { readonly url: string }): Response {
  switch (url) {
    case "https://issuer.test/certs":
      return Response.json({
        keys: [{ ...ISSUER_KEYS.publicKey.export({ format: "jwk" }), ...ISSUER_KEY }],
      });
    case "https://issuer.test/two":
      return Response.json({
        keys: ["first", "second"].map((kid) => ({
          ...ISSUER_KEYS.publicKey.export({ format: "jwk" }),
          ...ISSUER_KEY,
          kid,
        })),
      });
    case "https://issuer.test/down":
      return new Response("bad gateway", { status: 502 });
    default:
      return new Response(`no test asks ${url}`, { status: 404 });
  }
}

// The assets directory is no part of the repository, and the Worker does not start without it.
await buildAssets();

export default defineConfig({
  plugins: [
    cloudflareTest(async () => ({
      wrangler: { configPath: `${import.meta.dirname}/wrangler.jsonc` },
      miniflare: {
        // Three that series are spread over.
        d1Databases: ["FIRST_DB", "SECOND_DB", "THIRD_DB"],
        workers: [
          {
            name: "candlehouse-producer",
            compatibilityDate: "2026-11-01",
            modules: [{ type: "ESModule", path: "index.mjs", contents: PRODUCER }],
          },
          {
            name: "candlehouse-archiver",
            compatibilityDate: "2026-11-01",
            modules: [{ type: "ESModule", path: "index.mjs", contents: ARCHIVER }],
          },
          {
            // Only what it was asked matters: it answers as the archiver's stand-in does.
            name: "candlehouse-consumer",
            compatibilityDate: "2026-11-01",
            modules: [{ type: "ESModule", path: "index.mjs", contents: ARCHIVER }],
          },
          {
            name: "candlehouse-monitor",
            compatibilityDate: "2026-11-01",
            modules: [{ type: "ESModule", path: "index.mjs", contents: MONITOR }],
          },
        ],
        outboundService: answerOutside,
        serviceBindings: { OPENAPI_VALIDATOR: validateOpenApi },
        bindings: {
          TEST_ISSUER_JWK: {
            ...ISSUER_KEYS.privateKey.export({ format: "jwk" }),
            ...ISSUER_KEY,
          },
          TEST_ACCESS_DOCUMENT: readFileSync(`${import.meta.dirname}/../../docs/access.md`, "utf8"),
          TEST_MIGRATIONS: await readD1Migrations(`${import.meta.dirname}/../../migrations`),
        },
      },
    })),
  ],
  test: {
    name: "query",
    root: import.meta.dirname,
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    setupFiles: ["./test/apply-migrations.ts"],
    // A workerd for each file would cost two seconds a file: setupFiles empties the stores instead.
    isolate: false,
    // Its source maps name files that its package does not have, and each would be complained of.
    deps: { optimizer: { ssr: { enabled: true, include: ["trading-signals"] } } },
    // Beside other tests on two cores, one that takes two seconds alone can take ten.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
