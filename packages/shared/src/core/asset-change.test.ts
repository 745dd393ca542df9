import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  applyAssetChange,
  assertValidity,
  resolveSuccessor,
  type AssetChange,
} from "./asset-change.ts";
import { aliasesOf, ASSET_CATEGORIES } from "./asset.ts";
import { TABLE_ASSETS, tableAsset } from "./asset-table.ts";
import { TIERS } from "./tier.ts";

const time = fc.option(fc.integer({ min: 0, max: 10 }));
const changes: fc.Arbitrary<AssetChange> = fc
  .record(
    {
      name: fc.option(fc.string({ minLength: 1 })),
      category: fc.constantFrom(...ASSET_CATEGORIES),
      tier: fc.option(fc.constantFrom(...TIERS)),
      aliases: fc.uniqueArray(fc.constantFrom("ALIASA", "ALIASB", "ALIASC")),
      successor: fc.option(fc.constantFrom("BTC", "ETH")),
      valid_from: time,
      valid_until: time.map((at) => (at === null ? null : at + 11)),
    },
    { requiredKeys: [] },
  )
  .filter((change) => Object.keys(change).length > 0);
const assets = fc.constantFrom(...TABLE_ASSETS.filter(({ valid_until }) => valid_until === null));

describe("applyAssetChange", () => {
  test("sets what is given, leaves what is not, and changes nothing the second time", () => {
    fc.assert(
      fc.property(assets, changes, (asset, change) => {
        const changed = applyAssetChange(asset, change, TABLE_ASSETS);
        const { tier, ...others } = change;
        expect(changed).toEqual({
          ...asset,
          ...others,
          ...(tier === undefined ? {} : { tier: tier ?? tableAsset(asset.ticker).tier }),
          ...(tier === undefined ? {} : { assigned: tier === null ? "table" : "hand" }),
        });
        expect(applyAssetChange(changed, change, TABLE_ASSETS)).toEqual(changed);
      }),
    );
  });

  test("takes another asset's name for no alias, but lets an asset keep its own", () => {
    const bitcoin = tableAsset("BTC");
    expect(applyAssetChange(bitcoin, { aliases: ["XBT"] }, TABLE_ASSETS)).toEqual(bitcoin);
    for (const { ticker, aliases } of TABLE_ASSETS.filter((asset) => asset !== bitcoin)) {
      for (const name of [ticker, ...aliases]) {
        const change = { aliases: ["FINE", name] };
        expect(() => applyAssetChange(bitcoin, change, TABLE_ASSETS)).toThrow(
          `${ticker} has that name`,
        );
      }
    }
  });
});

test.each([
  [null, null],
  [null, 0],
  [5, null],
  [5, 6],
])("a validity from %s until %s is allowed", (valid_from, valid_until) => {
  expect(() => assertValidity({ valid_from, valid_until })).not.toThrow();
});

test.each([
  [5, 5],
  [6, 5],
])("a validity from %s until %s is not", (valid_from, valid_until) => {
  expect(() => assertValidity({ valid_from, valid_until })).toThrow("after valid_from");
});

test("a successor is the ticker of another asset, and may be given by an alias", () => {
  const aliases = aliasesOf(TABLE_ASSETS);
  expect(resolveSuccessor("MATIC", "POL", aliases)).toBe("POL");
  expect(resolveSuccessor("MATIC", "XBT", aliases)).toBe("BTC");
  for (const wrong of ["MATIC", "", "pol", "POL-USD"]) {
    expect(() => resolveSuccessor("MATIC", wrong, aliases)).toThrow("another asset than MATIC");
  }
});
