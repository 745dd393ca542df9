import { defineConfig } from "vitest/config";

/** What takes minutes and shows what the gate shows by shorter means: `npm run nightly` runs it. */
export default defineConfig({
  test: {
    name: "nightly",
    root: import.meta.dirname,
    include: ["*.test.ts"],
    // Some sixty runs of wrangler, a second or three each.
    testTimeout: 600_000,
  },
});
