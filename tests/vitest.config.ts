import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "system",
    root: import.meta.dirname,
    include: ["**/*.test.ts"],
    // Each file starts Workers of its own: two at a time would fight over two cores.
    fileParallelism: false,
    // And after the other projects, for the same reason.
    sequence: { groupOrder: 1 },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
