import { expect, test } from "vitest";
import { fractionDigits } from "./price-digits.ts";

test("the value with most digits after the point decides", () => {
  expect(fractionDigits([27_500, 27_500.1, 27_499.99, null])).toBe(2);
  expect(fractionDigits([27_500])).toBe(0);
});

test("digits count as they were written, not as a double is shown", () => {
  expect(fractionDigits([8.12e-6])).toBe(8);
  expect(fractionDigits(["1234567890.123456789"])).toBe(9);
  expect(fractionDigits(["0.00000000000000000001"])).toBe(15);
});

test("nothing is said of nothing", () => {
  expect(fractionDigits([])).toBeUndefined();
  expect(fractionDigits([null])).toBeUndefined();
});
