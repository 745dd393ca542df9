import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bytesOfHex, hexOf } from "./hex.ts";

test("bytes come back from their digits, two lower-case ones a byte", () => {
  expect(hexOf(Uint8Array.of(0, 10, 255))).toBe("000aff");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(bytesOfHex(hexOf(bytes))).toEqual(bytes);
    }),
  );
});
