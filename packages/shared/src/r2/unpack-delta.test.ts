import * as fc from "fast-check";
import { deltaBinaryUnpack } from "hyparquet/src/delta.js";
import { ByteWriter } from "hyparquet-writer";
import { deltaBinaryPack } from "hyparquet-writer/src/delta.js";
import { describe, expect, test } from "vitest";
import { UNPACKED_MAX, unpackDelta } from "./unpack-delta.ts";

/** A page as files hold it. */
function pack(values: readonly (number | bigint)[], type: "INT32" | "INT64" = "INT64"): Uint8Array {
  const writer = new ByteWriter();
  deltaBinaryPack(writer, type === "INT64" ? values.map(BigInt) : [...values], type);
  return writer.getBytes().slice();
}

/** What hyparquet's own reader gives. */
function unpackByHyparquet(page: Uint8Array, count: number): number[] {
  const output = new BigInt64Array(count);
  const view = new DataView(page.buffer, page.byteOffset, page.length);
  deltaBinaryUnpack({ view, offset: 0 }, count, output);
  return Array.from(output, Number);
}

function unpack(page: Uint8Array, count: number): number[] {
  const output = new Float64Array(count);
  expect(unpackDelta(page, output)).toBe(true);
  return [...output];
}

/** Up to 1,000 integers below 2^bits, of one size. */
const ofOneWidth = fc.integer({ min: 0, max: 52 }).chain((bits) =>
  fc.array(
    fc.maxSafeNat().map((integer) => integer % 2 ** bits),
    { minLength: 1, maxLength: 1_000 },
  ),
);

/** Integers of all sizes side by side. */
const ofManyWidths = fc.array(
  fc
    .tuple(fc.maxSafeNat(), fc.integer({ min: 0, max: 52 }))
    .map(([integer, bits]) => integer % 2 ** bits),
  { minLength: 1, maxLength: 1_000 },
);

describe("unpackDelta", () => {
  test("gives what hyparquet gives, whatever the integers' size and number", () => {
    fc.assert(
      fc.property(fc.oneof(ofOneWidth, ofManyWidths), (values) => {
        const page = pack(values);
        const unpacked = unpack(page, values.length);
        expect(unpacked).toEqual(values);
        expect(unpacked).toEqual(unpackByHyparquet(page, values.length));
      }),
    );
  });

  test.each(Array.from({ length: 53 }, (_, bits) => bits))("reads deltas of %i bits", (bits) => {
    // Up, down and up again by as much as those bits can say: each miniblock has their width.
    const step = 2 ** bits - 1;
    const values = Array.from({ length: 300 }, (_, index) =>
      index % 3 === 0 ? 0 : Math.floor(step / (index % 3)),
    );
    expect(unpack(pack(values), values.length)).toEqual(values);
  });

  test("reads 32-bit integers as far apart as they can be", () => {
    const values = Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? 0 : 2 ** 31 - 1));
    const rising = values.map((value, index) => (index < 100 ? index : value));
    expect(unpack(pack(rising, "INT32"), 200)).toEqual(rising);
  });

  test("reads integers up to its limit, and refuses deltas that no double holds", () => {
    const near = [0, UNPACKED_MAX - 1, UNPACKED_MAX - 1, 5, 6];
    expect(unpack(pack(near.slice(0, 3)), 3)).toEqual(near.slice(0, 3));
    // Up by 2^53 and down by nearly as much in one block: the difference has 54 bits.
    expect(unpackDelta(pack(near), new Float64Array(near.length))).toBe(false);
  });

  test("reads a page that lies within others as one that ends its memory", () => {
    fc.assert(
      fc.property(
        ofManyWidths,
        fc.nat({ max: 20 }),
        fc.nat({ max: 20 }),
        (values, before, after) => {
          const page = pack(values);
          const memory = new Uint8Array(before + page.length + after).fill(0xff);
          memory.set(page, before);
          const within = memory.subarray(before, before + page.length);
          expect(unpack(within, values.length)).toEqual(values);
        },
      ),
    );
  });

  test("throws where a page ends before its values do, wherever that is", () => {
    fc.assert(
      fc.property(
        ofManyWidths,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (values, part) => {
          const page = pack(values);
          const cut = page.subarray(0, Math.floor(page.length * part));
          expect(() => unpackDelta(cut.slice(), new Float64Array(values.length))).toThrow(
            RangeError,
          );
        },
      ),
    );
  });

  test("throws where a page holds another number of values", () => {
    const page = pack([1, 2, 3]);
    expect(() => unpackDelta(page, new Float64Array(2))).toThrow("does not hold 2 values");
    expect(() => unpackDelta(page, new Float64Array(4))).toThrow("does not hold 4 values");
  });

  test("throws, refuses or ends on any bytes", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 4, maxLength: 300 }),
        fc.nat({ max: 300 }),
        (bytes, count) => {
          let outcome: unknown;
          try {
            outcome = typeof unpackDelta(bytes, new Float64Array(count));
          } catch (error) {
            outcome = error instanceof RangeError;
          }
          expect([true, "boolean"]).toContain(outcome);
        },
      ),
    );
  });
});
