import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { allSources } from "../../src/sources/registry.ts";

const DOCS = join(import.meta.dirname, "../../../../docs");

describe("docs/candle-semantics.md", () => {
  // The formatter aligns the columns of tables with spaces.
  const lines = readFileSync(join(DOCS, "candle-semantics.md"), "utf8")
    .split("\n")
    .map((line) => line.replaceAll(/ +/g, " "));

  it.each(allSources().map((source) => [source.id, source] as const))(
    "tells the limits of %s as they are",
    (id, source) => {
      const reach =
        source.newestOnly === null
          ? "to the market's first candle"
          : `${source.newestOnly} candles`;
      const longer = Object.entries(source.longerPages).map(
        ([timeframe, most], index) => `${index === 0 ? "; " : ", "}${most} of ${timeframe}`,
      );
      expect(lines).toContain(
        `| ${id} | ${source.timeframes.join(" ")} | ${source.candlesPerRequest}${longer.join("")} | ${reach} | ${source.settleSeconds} s |`,
      );
    },
  );
});
