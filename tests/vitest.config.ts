import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "system",
    root: import.meta.dirname,
    include: ["**/*.test.ts"],
    // Each file starts Workers of its own, and waits for them most of the time: for ticks, for a
    // market's clock, for a cut connection. Two at a time are done in little more than half the time.
    maxWorkers: 2,
    // After the other projects, which keep two cores busy as they are.
    sequence: { groupOrder: 1 },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
