import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aliasesOf, isAssetName, isTicker, resolveSymbol } from "./asset.ts";
import { TABLE_ASSETS, tableAsset } from "./asset-table.ts";
import { isSymbol } from "./symbol.ts";
import { isTier } from "./tier.ts";

const tickers = TABLE_ASSETS.map(({ ticker }) => ticker);
const aliases = aliasesOf(TABLE_ASSETS);

describe("the table of assets", () => {
  test("has each ticker once, in this system's spelling, with a name and a tier", () => {
    expect(new Set(tickers).size).toBe(tickers.length);
    for (const { ticker, name, tier, assigned } of TABLE_ASSETS) {
      expect([ticker, isTicker(ticker), isTier(tier), assigned]).toEqual([
        ticker,
        true,
        true,
        "table",
      ]);
      expect(name).toMatch(/\S/);
    }
  });

  test.each([
    ["BTC", 1, "CRYPTO"],
    ["TRX", 1, "CRYPTO"],
    ["UNI", 2, "CRYPTO"],
    ["MATIC", 2, "CRYPTO"],
    ["POL", 2, "CRYPTO"],
    ["SAND", 3, "CRYPTO"],
    ["1INCH", 3, "CRYPTO"],
    ["XNO", 4, "CRYPTO"],
    ["AAPL", 4, "STOCK"],
    ["EUR", 4, "CURRENCY"],
    ["XAU", 4, "COMMODITY"],
    ["NOBODYKNOWS", 4, "CRYPTO"],
  ])("gives %s the tier %d and the category %s", (ticker, tier, category) => {
    expect(tableAsset(ticker)).toMatchObject({ ticker, tier, category, assigned: "table" });
  });

  test("has aliases that are no tickers, each of one asset", () => {
    const all = TABLE_ASSETS.flatMap((asset) => asset.aliases);
    expect(all.length).toBe(aliases.size);
    expect(all.filter((alias) => tickers.includes(alias) || !isAssetName(alias))).toEqual([]);
  });

  test("names successors that it has, and not as their own", () => {
    const pairs = TABLE_ASSETS.flatMap(({ ticker, successor }) =>
      successor === null ? [] : [[ticker, successor] as const],
    );
    expect(pairs).toContainEqual(["MATIC", "POL"]);
    for (const [ticker, successor] of pairs) {
      expect([ticker, tickers.includes(successor), successor === ticker]).toEqual([
        ticker,
        true,
        false,
      ]);
    }
  });

  test("says that POL took MATIC's place on 2024-09-04", () => {
    expect(tableAsset("MATIC").valid_until).toBe(Date.parse("2024-09-04T00:00:00Z") / 1_000);
  });
});

describe("resolveSymbol", () => {
  test.each([
    ["XBT-USD", "BTC-USD"],
    ["ETH-XBT", "ETH-BTC"],
    ["XDG-XBT", "DOGE-BTC"],
    ["MATIC-USDT", "MATIC-USDT"],
    ["NEW-USD", "NEW-USD"],
  ])("takes %s for %s", (text, symbol) => {
    expect(resolveSymbol(text, aliases)).toBe(symbol);
  });

  test.each(["", "-", "XBT", "XBT-", "xbt-USD", "XBT/USD", "XBT-USD-PERP", "XBT-USD "])(
    "takes %j for none",
    (text) => {
      expect(resolveSymbol(text, aliases)).toBeUndefined();
    },
  );

  test("leaves every symbol without an alias as it is, and answers symbols alone", () => {
    const name = fc.oneof(
      fc.constantFrom(...tickers, ...aliases.keys()),
      fc.stringMatching(/^[A-Z0-9]{1,12}$/),
    );
    fc.assert(
      fc.property(name, name, (base, quote) => {
        const text = `${base}-${quote}`;
        const symbol = resolveSymbol(text, aliases);
        expect(symbol === undefined || isSymbol(symbol)).toBe(true);
        const plain = isSymbol(text) && !aliases.has(base) && !aliases.has(quote);
        expect(plain ? symbol : text).toBe(text);
      }),
    );
  });
});
