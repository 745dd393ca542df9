import { hasTrades, reachCandles } from "@candlehouse/shared/core/source-traits";
import { expect, test } from "vitest";
import { allSources } from "../../src/sources/registry.ts";

test.each(allSources())("what others know of $id is what its own file says", (source) => {
  expect(reachCandles(source.id)).toBe(source.newestOnly);
  expect(hasTrades(source.id)).toBe(source.trades !== null);
});
