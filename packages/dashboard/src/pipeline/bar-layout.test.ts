import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { axisTop, niceCeiling, stackParts, sum } from "./bar-layout.ts";

const counts = fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 5 });

describe("niceCeiling", () => {
  it.each([
    [0, 1],
    [1, 1],
    [3, 5],
    [10, 10],
    [11, 20],
    [4_999, 5_000],
    [5_001, 10_000],
  ])("of %d is %d", (value, ceiling) => {
    expect(niceCeiling(value)).toBe(ceiling);
  });

  it("is never below the value, nor more than two and a half times it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e12 }), (value) => {
        expect(niceCeiling(value)).toBeGreaterThanOrEqual(value);
        expect(niceCeiling(value)).toBeLessThanOrEqual(value * 2.5);
      }),
    );
  });
});

describe("the parts of a bar", () => {
  it("stand on one another from the bottom up, and none is above the axis", () => {
    fc.assert(
      fc.property(fc.array(counts, { minLength: 1, maxLength: 10 }), (bars) => {
        const top = axisTop(bars);
        for (const values of bars) {
          const parts = stackParts(values, top);
          let base = 100;
          for (const part of parts) {
            expect(part.top + part.height).toBeCloseTo(base, 6);
            base = part.top;
          }
          expect(base).toBeGreaterThan(-1e-9);
        }
      }),
    );
  });

  it("are seen however small they are, and absent where there is nothing", () => {
    const parts = stackParts([100_000, 0, 1], 100_000);
    expect(parts.map(({ series }) => series)).toEqual([0, 2]);
    expect(parts[1]?.height).toBeGreaterThan(1);
  });

  it("are as high as their values where these are large enough to be seen", () => {
    expect(stackParts([20, 30], 100).map(({ height }) => height)).toEqual([20, 30]);
  });
});

it("sums nothing to 0", () => {
  expect(sum([])).toBe(0);
});
