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
        // Databases that no migration has seen yet: for the take-over, and to have several.
        d1Databases: ["OLDER_DB", "NEW_DB", "FIRST_DB", "SECOND_DB", "THIRD_DB"],
        queueProducers: { COMPACTION_DLQ: { queueName: "compaction-dlq" } },
        // As in wrangler.jsonc, but for the seconds that a batch waits to be filled.
        queueConsumers: {
          candles: {
            maxBatchSize: 100,
            maxBatchTimeout: 0.1,
            maxRetries: 3,
            deadLetterQueue: "candles-dlq",
          },
          "candles-dlq": { maxBatchSize: 100, maxBatchTimeout: 0.1, maxRetries: 100 },
          "compaction-dlq": { maxBatchSize: 100, maxBatchTimeout: 0.1, maxRetries: 100 },
        },
      },
    })),
  ],
  test: {
    name: "consumer",
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
