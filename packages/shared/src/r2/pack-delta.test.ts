import * as fc from "fast-check";
import { ByteWriter } from "hyparquet-writer";
import { deltaBinaryPack } from "hyparquet-writer/src/delta.js";
import { expect, test } from "vitest";
import { PACKED_MAX, packDelta } from "./pack-delta.ts";
import { unpackDelta } from "./unpack-delta.ts";

/** The bytes that hyparquet-writer makes of the same integers. */
function theirs(values: readonly number[]): Uint8Array {
  const writer = new ByteWriter();
  deltaBinaryPack(writer, BigInt64Array.from(values, BigInt), "INT64");
  return writer.getBytes();
}

const integers = fc.oneof(
  fc.array(fc.nat(1_000), { minLength: 1, maxLength: 400 }),
  fc.array(fc.integer({ min: 0, max: 2 ** 33 }), { minLength: 1, maxLength: 300 }),
  fc.array(fc.integer({ min: 0, max: PACKED_MAX }), { minLength: 1, maxLength: 300 }),
  fc.array(fc.constantFrom(0, 1, 2 ** 31, 2 ** 32, PACKED_MAX), { minLength: 1, maxLength: 300 }),
);

test("any integers are packed to the bytes of hyparquet-writer, and come back", () => {
  fc.assert(
    fc.property(integers, (values) => {
      const packed = packDelta(Float64Array.from(values));
      expect([...packed]).toEqual([...theirs(values)]);
      const output = new Float64Array(values.length);
      // Deltas of 53 bits and less are unpacked without BigInts.
      expect(unpackDelta(packed.slice(), output) ? [...output] : values).toEqual(values);
    }),
    { numRuns: 500 },
  );
});

test("more values than one page has make the output grow", () => {
  const values = Array.from(
    { length: 100_000 },
    (_, index) => (index * 7_919_123_457) % PACKED_MAX,
  );
  expect(Buffer.from(packDelta(Float64Array.from(values))).equals(theirs(values))).toBe(true);
});
