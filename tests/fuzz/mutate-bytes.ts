import { oneOf, wholeOf, type Draw } from "./draw.ts";

const CHANGES_MAX = 4;
/** Most bytes that one change takes out, puts in or moves. */
const PIECE_MAX = 200;

/** Bytes that some formats see more in than others. */
const ODD_BYTES = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x0a, 0x0d, 0x22, 0x2c, 0x30, 0x39, 0x2d, 0x2e];

/** `bytes` with one to four changes: flipped, cut, put in, moved, repeated, overwritten. */
export function mutateBytes(draw: Draw, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  let mutated = Uint8Array.from(bytes);
  for (let left = wholeOf(draw, 1, CHANGES_MAX); left > 0; left -= 1) {
    mutated = changeBytes(draw, mutated);
  }
  return mutated;
}

function changeBytes(draw: Draw, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const at = placeIn(draw, bytes);
  const length = wholeOf(draw, 1, Math.min(PIECE_MAX, Math.max(1, bytes.length >> 2)));
  const to = placeIn(draw, bytes);
  const changes: readonly (() => Uint8Array<ArrayBuffer>)[] = [
    () => overwrite(bytes, at, [(bytes[at] ?? 0) ^ (1 << wholeOf(draw, 0, 7))]),
    () => overwrite(bytes, at, [oneOf(draw, ODD_BYTES)]),
    () => overwrite(bytes, at, wordOf(draw)),
    () => overwrite(bytes, at, bytes.slice(to, to + length)),
    () => splice(bytes, at, length, []),
    () => splice(bytes, at, 0, bytes.slice(to, to + length)),
    () =>
      splice(
        bytes,
        at,
        0,
        Array.from({ length }, () => wholeOf(draw, 0, 255)),
      ),
    () => splice(bytes, at, 1, []),
    () => bytes.slice(0, at),
    () => bytes.slice(at),
    () => splice(splice(bytes, at, length, []), to, 0, bytes.slice(at, at + length)),
  ];
  return oneOf(draw, changes)();
}

/** Half of the places lie near an end: there stand the magic words, the lengths and the footers. */
function placeIn(draw: Draw, bytes: Uint8Array): number {
  const last = Math.max(0, bytes.length - 1);
  const near = Math.min(last, 64);
  const kind = draw();
  if (kind < 0.25) {
    return wholeOf(draw, 0, near);
  }
  return kind < 0.5 ? last - wholeOf(draw, 0, near) : wholeOf(draw, 0, last);
}

/** A number as formats keep lengths: four or eight bytes, the least first. */
function wordOf(draw: Draw): readonly number[] {
  const value = oneOf(draw, [0n, 1n, 0xffn, 0x7fffffffn, 0x80000000n, 0xffffffffn, 2n ** 63n - 1n]);
  const count = oneOf(draw, [2, 4, 8]);
  return Array.from({ length: count }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));
}

function overwrite(
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
  put: Iterable<number>,
): Uint8Array<ArrayBuffer> {
  const changed = bytes.slice();
  changed.set([...put].slice(0, Math.max(0, changed.length - at)), at);
  return changed;
}

function splice(
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
  drop: number,
  put: Iterable<number>,
): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...bytes.subarray(0, at), ...put, ...bytes.subarray(at + drop)]);
}
