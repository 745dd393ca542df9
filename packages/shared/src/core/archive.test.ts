import { describe, expect, test } from "vitest";
import { CHAIN_START, changeText, type ArchiveChange } from "./archive.ts";

const CHANGE: ArchiveChange = {
  series: { source: "kraken", symbol: "BTC-USD", timeframe: "1h" },
  partition: "2023",
  at: 1_700_000_000,
  kind: "archive",
  added: [
    { key: "candles/b.parquet", state: "current", fileHash: "bb" },
    { key: "candles/a.parquet", state: "fragment", fileHash: "aa" },
  ],
  removed: ["candles/d.parquet", "candles/c.parquet"],
};

describe("changeText", () => {
  test("holds all of a change, and the hash of the one before it", () => {
    expect(changeText(CHANGE, { sequence: 4, hash: "ff" })).toBe(
      '["ff",5,["kraken","BTC-USD","1h","2023"],1700000000,"archive",[["candles/a.parquet","fragment","aa"],["candles/b.parquet","current","bb"]],["candles/c.parquet","candles/d.parquet"]]',
    );
  });

  test("is one text, in whatever order the files are given", () => {
    const turned = {
      ...CHANGE,
      added: CHANGE.added.toReversed(),
      removed: CHANGE.removed.toReversed(),
    };
    expect(changeText(turned, CHAIN_START)).toBe(changeText(CHANGE, CHAIN_START));
  });
});
