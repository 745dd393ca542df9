import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A source of numbers in [0, 1), the same for the same key. */
export type Draw = () => number;

const UINT32 = 2 ** -32;
/** xoroshiro's first outputs are close to its seed; these many are thrown away. */
const WARM_UP = 4;

/** A 32-bit key of `parts`, well mixed: keys of neighbouring days share nothing. */
export function keyOf(...parts: readonly (string | number)[]): number {
  let key = 0x9e3779b9;
  for (const part of parts) {
    if (typeof part === "number") {
      key = mix(key ^ (part | 0), Math.floor(part / 2 ** 32));
    } else {
      for (let index = 0; index < part.length; index += 1) {
        key = Math.imul(key ^ part.charCodeAt(index), 0x01000193);
      }
      key = mix(key, part.length);
    }
  }
  return key;
}

/** A generator for `key`. */
export function drawsFor(key: number): Draw {
  const generator = xoroshiro128plus(key);
  for (let index = 0; index < WARM_UP; index += 1) {
    generator.next();
  }
  return () => (generator.next() >>> 0) * UINT32;
}

/** One number in [0, 1) for `parts`. */
export function fractionOf(...parts: readonly (string | number)[]): number {
  return (keyOf(...parts) >>> 0) * UINT32;
}

function mix(key: number, extra: number): number {
  let mixed = key ^ Math.imul(extra | 0, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
