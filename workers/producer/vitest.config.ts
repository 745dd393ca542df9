import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** Stands in for the archiver, whose own tests and those of the whole system run the real one. */
const ARCHIVER = `export default {
  fetch: () => new Response("no test hands anything in here", { status: 501 }),
};`;

export default defineConfig({
  plugins: [
    cloudflareTest(async () => ({
      wrangler: { configPath: `${import.meta.dirname}/wrangler.jsonc` },
      miniflare: {
        workers: [
          {
            name: "candlehouse-archiver",
            compatibilityDate: "2026-11-01",
            modules: [{ type: "ESModule", path: "index.mjs", contents: ARCHIVER }],
          },
        ],
        bindings: {
          TEST_MIGRATIONS: await readD1Migrations(`${import.meta.dirname}/../../migrations`),
        },
      },
    })),
  ],
  test: {
    name: "producer",
    root: import.meta.dirname,
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    // They read recordings from disk and run in Node: vitest.sources.config.ts.
    exclude: ["test/sources/**"],
    setupFiles: ["./test/apply-migrations.ts"],
    // A workerd for each file would cost two seconds a file: setupFiles empties the stores instead.
    isolate: false,
    // Beside other tests on two cores, one that takes two seconds alone can take ten.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
