import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { knowledgeOf, symbolsIn, withSymbol } from "./symbols-text.ts";

describe("symbols as people type them", () => {
  it("are parted by commas, spaces and lines, and read in any case and with a slash", () => {
    expect(symbolsIn("btc/usdt, ETH-USDT\n sol-usdt;BTC-USDT,")).toEqual([
      "BTC-USDT",
      "ETH-USDT",
      "SOL-USDT",
    ]);
  });

  it("grow by a symbol that is chosen, once", () => {
    expect(withSymbol("", "BTC-USDT")).toBe("BTC-USDT");
    expect(withSymbol("btc-usdt", "ETH-USDT")).toBe("BTC-USDT, ETH-USDT");
    expect(withSymbol("btc-usdt", "BTC-USDT")).toBe("btc-usdt");
  });

  it("are told apart by what is known of them", () => {
    const known = new Set(["BTC-USDT"]);
    expect(knowledgeOf("BTC-USDT", known)).toBe("known");
    expect(knowledgeOf("NEW-USDT", known)).toBe("new");
    expect(knowledgeOf("XBT-USD", known)).toBe("alias");
    expect(knowledgeOf("BTCUSDT", known)).toBe("wrong");
  });

  it("are found whatever stands between them", () => {
    const symbol = fc.constantFrom("BTC-USDT", "ETH-USD", "SOL-EUR");
    const gap = fc.constantFrom(",", " ", "\n", ", ", ";;");
    fc.assert(
      fc.property(fc.array(symbol), gap, (symbols, between) => {
        expect(symbolsIn(symbols.join(between))).toEqual([...new Set(symbols)]);
      }),
    );
  });
});
