import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "dashboard",
    root: import.meta.dirname,
    include: ["src/**/*.test.ts"],
    // Pure tests: none leaves anything behind that another could meet.
    isolate: false,
  },
});
