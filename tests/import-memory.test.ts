import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

/**
 * What a Worker has, less what is held of the bodies of three imports at once, 12 MiB each, and less as
 * much again for a second partition that is being stored and for what the runtime takes itself.
 * https://developers.cloudflare.com/workers/platform/limits/#memory
 */
const MEMORY_MAX = 44_000_000;

test("the largest file is read and encoded in little memory, however many rows it has", () => {
  const script = new URL("import-largest.ts", import.meta.url).pathname;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--max-old-space-size=64", script],
    { encoding: "utf8" },
  );
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const { isWhole, rows, most } = JSON.parse(stdout) as Record<string, number>;
  expect(isWhole).toBe(true);
  expect(rows).toBeGreaterThan(1_300_000);
  expect(most).toBeLessThan(MEMORY_MAX);
});
