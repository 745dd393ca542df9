import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "system",
    root: import.meta.dirname,
    include: ["**/*.test.ts"],
    // Each file starts Workers of its own: two at a time would fight over two cores.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
