import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compareStored,
  decimalOf,
  isStoredDecimal,
  parseDecimal,
  storedDecimal,
} from "./decimal.ts";

/** Plain decimals of any length that is accepted, as a source may write them. */
const plain = fc
  .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.stringMatching(/^\d{0,30}$/))
  .map(([negative, whole, fraction]) => {
    const point = fraction === "" ? "" : `.${fraction}`;
    return `${negative ? "-" : ""}${whole}${point}`;
  });

function parsed(text: string): string {
  const decimal = parseDecimal(text);
  if (decimal === undefined) {
    throw new Error(`${text} is no decimal`);
  }
  return decimal;
}

describe("parseDecimal", () => {
  test.for([
    ["27500.10", "27500.1"],
    ["0.00000812", "0.00000812"],
    ["8.12e-6", "0.00000812"],
    ["4E+2", "400"],
    ["-0", "0"],
    ["-0.000", "0"],
    ["-3.0", "-3"],
    ["100", "100"],
    ["+5", "5"],
    [".5", "0.5"],
    ["007", "7"],
  ] as const)("reads %s as %s", ([text, decimal]) => {
    expect(parseDecimal(text)).toBe(decimal);
  });

  test.for([1e21, 1e-7, 0.1 + 0.2, 5e-7, -2.5, 0, -0] as const)("reads the number %d", (number) => {
    expect(Number(parseDecimal(number))).toBe(number === 0 ? 0 : number);
  });

  test.for([
    "",
    " ",
    "1 ",
    "abc",
    "0x10",
    "1,5",
    "1_000",
    "--1",
    "+-1",
    "++1",
    "+",
    "Infinity",
    "NaN",
    "1e",
  ] as const)("refuses %j", (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  });

  test.for([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as const)(
    "refuses %d",
    (number) => {
      expect(parseDecimal(number)).toBeUndefined();
    },
  );

  test("refuses more digits than it keeps, without writing them out", () => {
    expect(parseDecimal("1".repeat(65))).toBeUndefined();
    expect(parseDecimal("1e65")).toBeUndefined();
    expect(parseDecimal("1e999999999")).toBeUndefined();
    expect(parseDecimal("1e-999999999")).toBeUndefined();
  });

  test("gives each decimal one form: reading it again changes nothing", () => {
    fc.assert(
      fc.property(plain, (text) => {
        const decimal = parsed(text);
        expect(parseDecimal(decimal)).toBe(decimal);
        expect(parseDecimal(`${text}${text.includes(".") ? "000" : ".000"}`)).toBe(decimal);
      }),
    );
  });

  test("keeps the value of every double", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -1e40, max: 1e40 }), (number) => {
        const decimal = parseDecimal(number);
        // A double that is too small has more digits than are kept.
        expect(decimal === undefined ? Math.abs(number) < 1e-40 : Number(decimal) === number).toBe(
          true,
        );
      }),
    );
  });
});

describe("storedDecimal", () => {
  test("is a number where a double gives every digit back, else the text", () => {
    expect(storedDecimal("27500.1")).toBe(27_500.1);
    expect(storedDecimal("339512.12345678901")).toBe("339512.12345678901");
    expect(storedDecimal("12345678901234567890")).toBe("12345678901234567890");
    expect(storedDecimal("9007199254740993")).toBe("9007199254740993");
  });

  test("loses no digit, also by way of JSON", () => {
    fc.assert(
      fc.property(plain, (text) => {
        const decimal = parsed(text);
        const stored = storedDecimal(decimal);
        expect(isStoredDecimal(stored)).toBe(true);
        expect(decimalOf(stored)).toBe(decimal);
        expect(JSON.parse(JSON.stringify(stored))).toBe(stored);
      }),
    );
  });
});

describe("isStoredDecimal", () => {
  test.for([
    "27500.1",
    "0.10",
    "1e5",
    "-0",
    "",
    "NaN",
    "339512.123456789010",
    null,
    Number.NaN,
    1n,
  ] as const)("refuses %s, which is not how a decimal is stored", (value) => {
    expect(isStoredDecimal(value)).toBe(false);
  });
});

describe("compareStored", () => {
  test("orders decimals that one double holds alike by their digits", () => {
    expect(compareStored("0.10000000000000000001", 0.1)).toBeGreaterThan(0);
    expect(compareStored("9007199254740993", 9_007_199_254_740_992)).toBeGreaterThan(0);
  });

  test("orders as the exact values do", () => {
    const scaled = fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n });
    fc.assert(
      fc.property(scaled, fc.integer({ min: -3, max: 3 }), (a, step) => {
        const b = a + BigInt(step);
        const sign = Math.sign(compareStored(storedOfScaled(a), storedOfScaled(b)));
        expect(sign).toBe(-Math.sign(step) + 0);
      }),
    );
  });
});

/** The stored form of `scaled` ten-billionths. */
function storedOfScaled(scaled: bigint): number | string {
  const digits = String(scaled < 0n ? -scaled : scaled).padStart(11, "0");
  const text = `${scaled < 0n ? "-" : ""}${digits.slice(0, -10)}.${digits.slice(-10)}`;
  return storedDecimal(parsed(text));
}
