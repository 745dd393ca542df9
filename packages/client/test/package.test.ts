import { execFileSync } from "node:child_process";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const PACKAGE = new URL("../", import.meta.url).pathname;
const TSC = join(PACKAGE, "node_modules/.bin/tsc");

/** A program of somebody who has the package and nothing else of this repository. */
const PROGRAM = `
import { CandlehouseProblem, createClient, type Candle } from "@candlehouse/client";

const client = createClient({
  baseUrl: "http://localhost:1",
  fetch: () => Promise.resolve(new Response(JSON.stringify({ candles: [], next_cursor: null, meta: {} }))),
});
const candles: readonly Candle[] = (await client.candles({ series: "binance:BTC-USDT:1m" })).candles;
const made = await client.candles({ series: "binance:BTC-USDT:1m", interval: "1h", fill: "prev", indicators: "sma:20" });
const closes: readonly number[] = made.candles.map(({ close }) => close);
const averages: readonly (number | null | undefined)[] = made.candles.map(({ sma_20 }) => sma_20);
const filled = await client.candles({ series: "binance:BTC-USDT:1m", fill: "null" });
// @ts-expect-error A candle that was filled with nulls has no close.
const none: readonly number[] = filled.candles.map(({ close }) => close);
const { data } = await client.api.GET("/v1/latest", { params: { query: { limit: 1 } } });
const shown: string | null | undefined = data?.next_cursor;
console.log(JSON.stringify([candles, closes, averages, none, shown, new CandlehouseProblem(500, {}, undefined).message]));
`;

function run(directory: string, file: string, ...commandLine: readonly string[]): string {
  return execFileSync(file, commandLine, { cwd: directory, encoding: "utf8" });
}

describe("the packed package", () => {
  const directory = mkdtempSync(join(tmpdir(), "candlehouse-client-"));

  beforeAll(() => {
    run(PACKAGE, "pnpm", "pack", "--pack-destination", directory);
    const tarball = readdirSync(directory).find((name) => name.endsWith(".tgz")) ?? "";
    writeFileSync(join(directory, "package.json"), '{"private":true,"type":"module"}');
    // From this repository's own dependencies: a registry may be far away.
    const fetching = realpathSync(join(PACKAGE, "node_modules/openapi-fetch"));
    const parsing = realpathSync(join(PACKAGE, "node_modules/eventsource-parser"));
    const folders = [fetching, join(dirname(fetching), "openapi-typescript-helpers"), parsing];
    const flags = ["--offline", "--install-links", "--no-audit", "--no-fund"];
    run(directory, "npm", "install", ...flags, join(directory, tarball), ...folders);
    writeFileSync(join(directory, "program.ts"), PROGRAM);
  }, 60_000);

  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  test("runs in Node", () => {
    expect(JSON.parse(run(directory, process.execPath, "program.ts"))).toEqual([
      [],
      [],
      [],
      [],
      null,
      "HTTP 500",
    ]);
  });

  test("has its types", () => {
    const flags = ["--strict", "--noEmit", "--target", "es2024", "--lib", "es2024,dom"];
    const modules = ["--module", "nodenext", "--skipLibCheck", "--types", ""];
    expect(run(directory, TSC, ...flags, ...modules, "program.ts")).toBe("");
  });

  test("has what was built, a licence and a page about it, and nothing else", () => {
    const installed = join(directory, "node_modules/@candlehouse/client");
    expect(readdirSync(installed).toSorted()).toEqual([
      "LICENSE",
      "README.md",
      "dist",
      "package.json",
    ]);
    const manifest: unknown = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    expect(manifest).toMatchObject({
      license: "MIT",
      sideEffects: false,
      exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } },
      dependencies: {
        "eventsource-parser": expect.stringMatching(/^\d/),
        "openapi-fetch": expect.stringMatching(/^\d/),
      },
    });
  });
});
