import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseByteRange } from "./byte-range.ts";

describe("parseByteRange", () => {
  test.each([
    ["bytes=0-9", { first: 0, last: 9 }],
    ["Bytes=10-", { first: 10, last: 99 }],
    ["bytes= 10 - 12", { first: 10, last: 12 }],
    ["bytes=90-1000", { first: 90, last: 99 }],
    ["bytes=-8", { first: 92, last: 99 }],
    ["bytes=-1000", { first: 0, last: 99 }],
    ["bytes=99-99", { first: 99, last: 99 }],
    ["bytes=100-", "unsatisfiable"],
    ["bytes=100-200", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=9-3", undefined],
    ["bytes=-", undefined],
    ["bytes=0-1,5-6", undefined],
    ["lines=0-9", undefined],
    ["bytes=a-b", undefined],
    ["", undefined],
  ])("reads %j of 100 bytes as %j", (range, expected) => {
    expect(parseByteRange(range, 100)).toEqual(expected);
  });

  test("names bytes that are there, whatever is asked", () => {
    const bound = fc.option(fc.nat({ max: 300 }), { nil: "" });
    fc.assert(
      fc.property(bound, bound, fc.integer({ min: 1, max: 200 }), (from, to, size) => {
        const range = parseByteRange(`bytes=${from}-${to}`, size);
        fc.pre(range !== undefined && range !== "unsatisfiable");
        expect(range.first).toBeGreaterThanOrEqual(0);
        expect(range.last).toBeGreaterThanOrEqual(range.first);
        expect(range.last).toBeLessThan(size);
      }),
    );
  });
});
