import { defineConfig } from "vitest/config";

/** The sources are pure, and their tests read recordings from disk: they run in Node. */
export default defineConfig({
  test: {
    name: "sources",
    root: import.meta.dirname,
    include: ["test/sources/**/*.test.ts"],
    // A process for each file would load the same modules again; none of them leaves anything behind.
    isolate: false,
    // Beside other tests on two cores, one that takes two seconds alone can take ten.
    testTimeout: 30_000,
  },
});
