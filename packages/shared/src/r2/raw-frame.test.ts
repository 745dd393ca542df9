import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rawContentOf } from "./raw-frame.ts";
import { COMPRESSORS } from "./zstd.ts";

/** Bytes that do not compress, the same for the same length. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

describe("rawContentOf", () => {
  test.each([1, 255, 256, 257, 65_791, 65_792, 100_000])(
    "gives %i bytes that zstd stored as they are",
    (length) => {
      const content = noise(length);
      for (const frame of [COMPRESSORS.ZSTD(content), zstdCompressSync(content)]) {
        expect(Buffer.compare(rawContentOf(frame) ?? Buffer.of(), content)).toBe(0);
      }
    },
  );

  test("gives nothing of what zstd compressed, or has in several blocks", () => {
    expect(rawContentOf(COMPRESSORS.ZSTD(new Uint8Array(1_000)))).toBeUndefined();
    expect(rawContentOf(COMPRESSORS.ZSTD(noise(300_000)))).toBeUndefined();
  });

  test("gives what decompressing gives or nothing, of any content", () => {
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 2_000 }),
      fc.array(fc.nat({ max: 3 }), { maxLength: 2_000 }).map((bytes) => Uint8Array.from(bytes)),
    );
    fc.assert(
      fc.property(content, (bytes) => {
        const frame = COMPRESSORS.ZSTD(bytes);
        const decompressed = zstdDecompressSync(frame);
        expect(Buffer.compare(rawContentOf(frame) ?? decompressed, decompressed)).toBe(0);
      }),
    );
  });

  test("gives nothing of a frame that is cut, longer or not one", () => {
    const frame = COMPRESSORS.ZSTD(noise(50));
    for (let length = 0; length < frame.length; length += 1) {
      expect(rawContentOf(frame.subarray(0, length))).toBeUndefined();
    }
    expect(rawContentOf(Uint8Array.of(...frame, 0))).toBeUndefined();
    expect(rawContentOf(noise(70))).toBeUndefined();
  });
});
