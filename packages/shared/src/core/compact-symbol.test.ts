import { describe, expect, test } from "vitest";
import { compactOf, splitsOf } from "./compact-symbol.ts";
import { isSymbol } from "./symbol.ts";

describe("a symbol in one word", () => {
  test("loses its dash", () => {
    expect(compactOf("BTC-USDT")).toBe("BTCUSDT");
  });

  test("is split at every place where both parts are assets", () => {
    expect(splitsOf("ABCD")).toEqual(["A-BCD", "AB-CD", "ABC-D"]);
    expect(splitsOf("A".repeat(40)).every((one) => isSymbol(one))).toBe(true);
    expect(splitsOf("")).toEqual([]);
  });
});
