import { writeFileSync } from "node:fs";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { mutate } from "./broken-guarantees.ts";

const root = new URL("../../", import.meta.url).pathname;

const { FAULT_SEED, FAULT_FROM = "1", FAULT_SEEDS = "200", FAULT_WRITE = "" } = process.env;

/** Which schedules are run: FAULT_SEED names one, else FAULT_SEEDS of them from FAULT_FROM on. */
const SEEDS =
  FAULT_SEED === undefined
    ? { from: Number(FAULT_FROM), count: Number(FAULT_SEEDS), writes: FAULT_WRITE !== "" }
    : { from: Number(FAULT_SEED), count: 1, writes: false };

/** Run outside workerd, which has no files and whose console the tests keep silent. */
async function writeDocument(request: { text(): Promise<string> }) {
  writeFileSync(`${root}docs/failure-modes.md`, await request.text());
  return Response.json({});
}
async function printProgress(request: { text(): Promise<string> }) {
  process.stdout.write(`${await request.text()}\n`);
  return Response.json({});
}

export default defineConfig({
  plugins: [
    mutate(root),
    cloudflareTest(async () => ({
      miniflare: {
        compatibilityDate: "2026-11-01",
        compatibilityFlags: ["nodejs_compat"],
        d1Databases: ["DB"],
        r2Buckets: ["BUCKET"],
        serviceBindings: { DOCUMENT: writeDocument, PROGRESS: printProgress },
        bindings: {
          SEEDS: JSON.stringify(SEEDS),
          TEST_MIGRATIONS: await readD1Migrations(`${root}migrations`),
        },
      },
    })),
  ],
  resolve: {
    // The query Worker's, which this project reads and cannot find by itself.
    alias: { "trading-signals": `${root}workers/query/node_modules/trading-signals` },
  },
  test: {
    name: "faults",
    root: import.meta.dirname,
    include: ["*.test.ts"],
    // Beside the tests of several Workers, which wait much of the time.
    maxWorkers: 4,
    sequence: { groupOrder: 1 },
    setupFiles: ["./apply-migrations.ts"],
    // Its source maps name files that its package does not have, and each would be complained of.
    deps: { optimizer: { ssr: { enabled: true, include: ["trading-signals"] } } },
    // A schedule takes half a second, and three where other tests run beside it.
    testTimeout: 60_000 + SEEDS.count * 3_000,
    hookTimeout: 30_000,
  },
});
