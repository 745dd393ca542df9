import { defineConfig } from "vite";

/** Where the page's files are served; scripts/build-assets.ts puts them there. */
const BASE = "/dashboard/";

/** A running `npm start`, for `pnpm --filter @candlehouse/dashboard dev`. */
const SYSTEM = process.env["CANDLEHOUSE_URL"] ?? "http://127.0.0.1:8787";

export default defineConfig({
  root: import.meta.dirname,
  base: BASE,
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2024",
    // The page's own policy allows no inline script and no data: URL but for images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    license: { fileName: "licenses.md" },
    rolldownOptions: {
      onLog: (level, log, handle) => {
        // "use client" of packages that run on servers too: here all is of the browser.
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") {
          handle(level, log);
        }
      },
    },
  },
  server: {
    proxy: {
      "^/(v1|trigger|stats|health|openapi.json|docs|udf|grafana|binance)": { target: SYSTEM },
    },
  },
});
