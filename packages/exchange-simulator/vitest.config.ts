import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "exchange-simulator",
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    root: import.meta.dirname,
    // A process for each file would load the same modules again; none of them leaves anything behind.
    isolate: false,
    // Beside other tests on two cores, one that takes two seconds alone can take ten.
    testTimeout: 30_000,
  },
});
