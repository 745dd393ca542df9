import { defineConfig } from "vitest/config";

/** The sources are pure, and their tests read recordings from disk: they run in Node. */
export default defineConfig({
  test: {
    name: "sources",
    root: import.meta.dirname,
    include: ["test/sources/**/*.test.ts"],
  },
});
