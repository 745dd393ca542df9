import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [
    cloudflareTest(async () => ({
      wrangler: { configPath: `${import.meta.dirname}/wrangler.jsonc` },
      miniflare: {
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
  },
});
