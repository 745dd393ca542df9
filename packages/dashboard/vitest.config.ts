import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "dashboard",
    root: import.meta.dirname,
    include: ["src/**/*.test.ts"],
    // Pure tests: none leaves anything behind that another could meet.
    isolate: false,
    // Beside other tests on two cores, one that takes two seconds alone can take ten.
    testTimeout: 30_000,
  },
});
