import { defineConfig } from "vitest/config";
import { LongestFirst } from "./tests/longest-first.ts";

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      "packages/*/vitest.config.ts",
      "workers/*/vitest.config.ts",
      "workers/*/vitest.*.config.ts",
      "tests/vitest.config.ts",
      "tests/faults/vitest.config.ts",
    ],
  },
});
