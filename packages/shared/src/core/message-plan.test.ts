import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  chunk,
  MESSAGE_OVERHEAD_BYTES,
  planSends,
  SEND_BYTES_MAX,
  SEND_MESSAGES_MAX,
} from "./message-plan.ts";

describe("chunk", () => {
  test("keeps every item once, in order, in runs that are full but for the last", () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.integer({ min: 1, max: 12 }), (items, size) => {
        const chunks = chunk(items, size);
        expect(chunks.flat()).toEqual(items);
        expect(chunks.slice(0, -1).every((run) => run.length === size)).toBe(true);
      }),
    );
  });
});

describe("planSends", () => {
  test("puts a hundred ordinary messages into one call and the next into another", () => {
    expect(planSends(Array.from({ length: 101 }, () => 1_500))).toEqual([
      { start: 0, end: 100 },
      { start: 100, end: 101 },
    ]);
  });

  test("stays within both limits of the platform and keeps every message once", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 127_000 }), { maxLength: 300 }), (sizes) => {
        const sends = planSends(sizes);
        expect(sends.flatMap(({ start, end }) => sizes.slice(start, end))).toEqual(sizes);
        for (const { start, end } of sends) {
          const bytes = sizes
            .slice(start, end)
            .reduce((sum, size) => sum + size + MESSAGE_OVERHEAD_BYTES, 0);
          expect(end - start).toBeLessThanOrEqual(SEND_MESSAGES_MAX);
          expect(bytes).toBeLessThanOrEqual(SEND_BYTES_MAX);
        }
      }),
    );
  });

  test("lets a message that is too large for any call go alone", () => {
    expect(planSends([10, 300_000, 10])).toEqual([
      { start: 0, end: 1 },
      { start: 1, end: 2 },
      { start: 2, end: 3 },
    ]);
  });

  test("plans nothing for no message", () => {
    expect(planSends([])).toEqual([]);
  });
});
