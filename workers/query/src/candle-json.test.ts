import { parseDecimal, storedDecimal } from "@candlehouse/shared/core/decimal";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { candleAt } from "../test/candle-rows.ts";
import { candleJson, candlesJson, numberToken } from "./candle-json.ts";

const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?$/;

describe("numberToken", () => {
  test.each([
    [27_500.1, "27500.1"],
    [0, "0"],
    [-0, "0"],
    [1e-7, "0.0000001"],
    [5e-324, `0.${"0".repeat(323)}5`],
    [1e21, "1000000000000000000000"],
    ["1234567890.123456789", "1234567890.123456789"],
  ])("writes %j as %s", (stored, token) => {
    expect(numberToken(stored)).toBe(token);
  });

  test("writes the digits that were stored, as a JSON number, whatever the decimal", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 24n }),
        fc.integer({ min: 0, max: 20 }),
        (digits, scale) => {
          const padded = String(digits).padStart(scale + 1, "0");
          const split = padded.length - scale;
          const decimal = parseDecimal(
            scale === 0 ? padded : `${padded.slice(0, split)}.${padded.slice(split)}`,
          );
          expect(decimal).toBeDefined();
          const token = numberToken(storedDecimal(decimal ?? ""));
          expect(token).toBe(decimal);
          expect(token).toMatch(JSON_NUMBER);
          expect(JSON.parse(token)).toBe(Number(decimal));
        },
      ),
    );
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, "", "abc", '1,"open":2', "0.10", "1e5"])(
    "refuses %j, which is no stored decimal",
    (stored) => {
      expect(() => numberToken(stored)).toThrow("is no decimal");
    },
  );
});

describe("candleJson", () => {
  test("is what JSON.stringify makes of a candle that holds no long decimal", () => {
    for (const candle of [
      candleAt(1_700_000_040),
      candleAt(1_700_000_040, { volume_from: null, volume_to: null, trades: null }),
    ]) {
      expect(candleJson(candle)).toBe(JSON.stringify(candle));
    }
  });
});

describe("candlesJson", () => {
  test.each([0, 1, 3])("is a JSON array of %d candles", (count) => {
    const candles = Array.from({ length: count }, (_, index) => candleAt(1_700_000_040 + index));
    expect(JSON.parse(candlesJson(candles))).toEqual(candles);
  });
});
