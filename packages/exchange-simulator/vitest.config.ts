import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "exchange-simulator",
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    root: import.meta.dirname,
  },
});
