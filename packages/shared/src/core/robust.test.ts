import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { medianOf, medianOfNeighbours, spreadOf, weightedMedian } from "./robust.ts";

describe("medianOf", () => {
  test.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[10, 9], 9.5],
    [[7], 7],
  ])("of %j is %d", (values, median) => {
    expect(medianOf(values)).toBe(median);
  });

  test("is NaN where there are no values", () => {
    expect(medianOf([])).toBeNaN();
  });
});

describe("spreadOf", () => {
  test("is not moved by one value that errs", () => {
    const values = [99, 100, 101, 100, 98, 102, 100];
    const { median, scale } = spreadOf(values);
    expect(spreadOf([...values.slice(1), 1e9]).median).toBe(median);
    expect(scale).toBeCloseTo(1.4826);
  });
});

describe("medianOfNeighbours", () => {
  test("is, at each place, the median of the values around it without its own", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 2, maxLength: 60 }),
        fc.integer({ min: 1, max: 30 }),
        (values, reach) => {
          const medians = medianOfNeighbours(Float64Array.from(values), reach);
          const one = values.map((_, index) =>
            medianOf([
              ...values.slice(Math.max(0, index - reach), index),
              ...values.slice(index + 1, index + 1 + reach),
            ]),
          );
          expect([...medians]).toEqual(one);
        },
      ),
    );
  });

  test("is NaN for a value that has no neighbour", () => {
    expect(medianOfNeighbours(Float64Array.of(5), 3)[0]).toBeNaN();
  });
});

/** The weighted median of values, each with its weight. */
function weighted(pairs: readonly (readonly [number, number])[]): number | undefined {
  return weightedMedian(pairs.map(([value, weight]) => ({ value, weight })));
}

describe("weightedMedian", () => {
  test("is the value that has half of the weight at or below it", () => {
    expect(
      weighted([
        [102, 1],
        [100, 5],
        [101, 3],
      ]),
    ).toBe(100);
  });

  test("is the mean of two values between which the weight is halved", () => {
    expect(
      weighted([
        [104, 2],
        [100, 1],
        [102, 1],
      ]),
    ).toBe(103);
  });

  test("gives no say to what has no weight, unless nothing has any", () => {
    expect(
      weighted([
        [1, 0],
        [100, 1],
        [101, 2],
      ]),
    ).toBe(101);
    expect(
      weighted([
        [1, 0],
        [100, 0],
        [101, 0],
      ]),
    ).toBe(100);
    expect(weighted([])).toBeUndefined();
  });

  test("lies among the values, whatever they weigh, and with equal weights is their median", () => {
    const pair = fc.tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 0, max: 9 }));
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 9 }), (pairs) => {
        const values = pairs.map(([value]) => value);
        const median = weighted(pairs) ?? Number.NaN;
        expect(median).toBeGreaterThanOrEqual(Math.min(...values));
        expect(median).toBeLessThanOrEqual(Math.max(...values));
        expect(weighted(values.map((value) => [value, 3]))).toBe(medianOf(values));
      }),
    );
  });
});
