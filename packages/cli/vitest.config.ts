import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "cli",
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    root: import.meta.dirname,
    // A process for each file would load the same modules again; none of them leaves anything behind.
    isolate: false,
    // Each test of a command is a process of its own, which waits for the others on two cores.
    testTimeout: 30_000,
  },
});
