import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSymbol, splitSymbol, SYMBOL_LENGTH_MAX } from "./symbol.ts";

const base = fc
  .stringMatching(/^[A-Z0-9]{1,20}$/)
  .filter((asset) => !["XBT", "XDG"].includes(asset));
const quote = fc
  .stringMatching(/^[A-Z0-9]{1,11}$/)
  .filter((asset) => !["XBT", "XDG"].includes(asset));

describe("isSymbol", () => {
  test("accepts every base and quote, and splitSymbol gives them back", () => {
    fc.assert(
      fc.property(base, quote, (from, to) => {
        const symbol = `${from}-${to}`;
        expect(isSymbol(symbol)).toBe(true);
        expect(splitSymbol(symbol)).toEqual({ base: from, quote: to });
        expect(symbol.length).toBeLessThanOrEqual(SYMBOL_LENGTH_MAX);
      }),
    );
  });

  test.for([
    "",
    "BTC",
    "BTCUSDT",
    "BTC/USDT",
    "btc-usdt",
    "BTC-",
    "-USDT",
    "BTC-USDT-PERP",
    "BTC-USDT\n",
    "XBT-USD",
    "XDG-USD",
    "ETH-XBT",
    "Б-USD",
    `${"A".repeat(21)}-USD`,
  ])("refuses %j", (text) => {
    expect(isSymbol(text)).toBe(false);
  });
});
