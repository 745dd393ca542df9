import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "shared",
    include: ["src/**/*.test.ts"],
    root: import.meta.dirname,
    // A process for each of a hundred files would cost a minute; none of them leaves anything behind.
    isolate: false,
  },
});
