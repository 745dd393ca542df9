import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "system",
    root: import.meta.dirname,
    include: ["**/*.test.ts"],
    // Projects of their own: inside the Workers runtime, and what takes minutes.
    exclude: ["faults/**", "nightly/**", "**/node_modules/**"],
    // Each file starts Workers of its own, and waits for them most of the time: for ticks, for a
    // market's clock, for a cut connection. Four at a time keep two cores busy.
    maxWorkers: 4,
    // Wrangler is loaded once by each of them, not by each file; none leaves anything behind.
    isolate: false,
    // After the other projects, which keep two cores busy as they are.
    sequence: { groupOrder: 1 },
    testTimeout: 120_000,
    // What a page or a Worker is about to show may take longer than a second on a busy machine.
    expect: { poll: { timeout: 20_000 } },
    hookTimeout: 120_000,
  },
});
