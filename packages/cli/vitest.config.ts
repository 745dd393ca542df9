import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "cli",
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    root: import.meta.dirname,
    // Each test of a command is a process of its own, which waits for the others on two cores.
    testTimeout: 30_000,
  },
});
