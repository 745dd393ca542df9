import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDecimal, storedDecimal, type StoredDecimal } from "./decimal.ts";
import { rescale, scaleColumn } from "./scaled-column.ts";

function stored(text: string): StoredDecimal {
  return storedDecimal(parseDecimal(text) ?? text);
}

const decimal = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 24n }), fc.integer({ min: 0, max: 20 }))
  .map(([digits, scale]) => {
    const text = String(digits).padStart(scale + 1, "0");
    return stored(`${text.slice(0, text.length - scale)}.${text.slice(text.length - scale)}0`);
  });

describe("scaleColumn", () => {
  test("takes the scale of the longest fraction and the narrowest integers", () => {
    expect(scaleColumn([16541.77, 16544.7, 3])).toEqual({
      kind: "int32",
      scale: 2,
      values: [1654177n, 1654470n, 300n],
    });
  });

  test.each([
    [[9_999_999.99], "int32"],
    [[10_000_000], "int32"],
    [[1_000_000_000], "int64"],
    [[0.0000000001], "int64"],
    [[stored("999999999999999999")], "int64"],
    [[stored("1000000000000000000.5")], "int128"],
    [[1e-30], "int128"],
    [[1e-30, 1e9], "double"],
    [[1e300, 0.5], "double"],
    [[1e300, stored("1234567890.123456789")], "text"],
    [[null, null], "int32"],
  ] as const)("keeps %j as %s", (values, kind) => {
    expect(scaleColumn(values).kind).toBe(kind);
  });

  test("gives every value back exactly", () => {
    const value = fc.option(
      fc.oneof(
        decimal,
        fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
      ),
    );
    fc.assert(
      fc.property(fc.array(value), (values) => {
        const column = scaleColumn(values);
        const back = column.values.map((one) => {
          if (one === null) {
            return null;
          }
          if (typeof one === "bigint") {
            return rescale(one, "scale" in column ? column.scale : Number.NaN);
          }
          return typeof one === "string" ? storedDecimal(one) : one;
        });
        expect(back).toEqual(values);
      }),
    );
  });
});

describe("rescale", () => {
  test("reads a number and a bigint alike", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        fc.integer({ min: 0, max: 30 }),
        (integer, scale) => {
          expect(rescale(integer, scale)).toBe(rescale(BigInt(integer), scale));
        },
      ),
    );
  });

  test("divides where multiplying would be off by a digit", () => {
    expect(rescale(4_513_052, 2)).toBe(45_130.52);
  });
});
