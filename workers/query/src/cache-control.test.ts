import { expect, test } from "vitest";
import { asksPastCaches } from "./cache-control.ts";

test.each([
  [undefined, false],
  ["", false],
  ["no-cache", true],
  ["No-Cache", true],
  ["max-age=60, NO-CACHE", true],
  ["no-store", true],
  ["max-age=0", true],
  ["Max-Age=00", true],
  ['max-age="0"', true],
  ["max-age = 0", true],
  ["max-age=10", false],
  ["max-age=0.5", false],
  ["max-age", false],
  ["max-stale=0", false],
  ["x-no-cache, min-fresh=0", false],
  ['extension="no-cache"', false],
  ["only-if-cached", false],
])("Cache-Control %j asks past caches: %s", (header, asks) => {
  expect(asksPastCaches(header)).toBe(asks);
});
