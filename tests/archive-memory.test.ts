import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

/**
 * Half of what a Worker has, in MB. https://developers.cloudflare.com/workers/platform/limits/#memory
 */
const HEAP_MB = 64;

test(`a whole month of minutes, hot and cold, is merged, written and verified in ${HEAP_MB} MB`, () => {
  const script = new URL("merge-month.ts", import.meta.url).pathname;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [`--max-old-space-size=${HEAP_MB}`, script],
    { encoding: "utf8" },
  );
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ rows: 44_640, same: 44_640 });
  expect((JSON.parse(stdout) as { arrayBuffers: number }).arrayBuffers).toBeLessThan(32_000_000);
});
