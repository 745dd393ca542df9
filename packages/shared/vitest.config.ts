import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "shared",
    include: ["src/**/*.test.ts"],
    root: import.meta.dirname,
    // A process for each of a hundred files would cost a minute; none of them leaves anything behind.
    isolate: false,
    // Beside other tests on two cores, one that takes two seconds alone can take ten.
    testTimeout: 30_000,
  },
});
