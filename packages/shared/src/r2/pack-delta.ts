/**
 * Integers as a DELTA_BINARY_PACKED page, from doubles that hold them exactly. hyparquet-writer packs
 * 64-bit ones as BigInts, one by one, which takes many times as long; the bytes are the same.
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#delta-encoding-delta_binary_packed--5
 */

/** Integers from zero to this one: the differences of their differences are exact as doubles. */
export const PACKED_MAX = 2 ** 52;

const BLOCK_VALUES = 128;
const MINIBLOCKS = 4;
const MINIBLOCK_VALUES = BLOCK_VALUES / MINIBLOCKS;
/** Bits of a delta that go into one word, with up to 7 bits before them. */
const NARROW_MAX = 25;
/** Bytes that a block takes at most: a delta of 10 bytes, four widths, 128 deltas of 8 bytes. */
const BLOCK_BYTES_MAX = 10 + MINIBLOCKS + BLOCK_VALUES * 8;
/** Header and first value. */
const HEAD_BYTES_MAX = 30;

const deltas = new Float64Array(BLOCK_VALUES);
const widths = new Uint8Array(MINIBLOCKS);
let output = new Uint8Array(2 ** 16);
let view = new DataView(output.buffer);

/**
 * The page with `values`, at least one, each a whole number from 0 to PACKED_MAX. The bytes are
 * good until the next call.
 */
export function packDelta(values: Float64Array): Uint8Array {
  makeRoom(HEAD_BYTES_MAX + Math.ceil(values.length / BLOCK_VALUES) * BLOCK_BYTES_MAX);
  let at = putVarint(0, BLOCK_VALUES);
  at = putVarint(at, MINIBLOCKS);
  at = putVarint(at, values.length);
  at = putZigZag(at, values[0] ?? 0);
  for (let start = 1; start < values.length; start += BLOCK_VALUES) {
    at = putBlock(at, values, start, Math.min(values.length, start + BLOCK_VALUES));
  }
  return output.subarray(0, at);
}

function putBlock(from: number, values: Float64Array, start: number, end: number): number {
  let minDelta = Infinity;
  let before = values[start - 1] ?? 0;
  for (let index = start; index < end; index += 1) {
    const value = values[index] ?? 0;
    const delta = value - before;
    deltas[index - start] = delta;
    minDelta = delta < minDelta ? delta : minDelta;
    before = value;
  }
  const count = end - start;
  for (let index = 0; index < count; index += 1) {
    deltas[index] = (deltas[index] ?? 0) - minDelta;
  }
  // What is beyond the last value is zero: its bits say nothing.
  deltas.fill(0, count);
  let at = putZigZag(from, minDelta);
  for (let block = 0; block < MINIBLOCKS; block += 1) {
    widths[block] = widthOf(block * MINIBLOCK_VALUES);
    output[at + block] = widths[block] ?? 0;
  }
  at += MINIBLOCKS;
  for (let block = 0; block < MINIBLOCKS; block += 1) {
    const width = widths[block] ?? 0;
    if (width > 0) {
      putMiniblock(at, block * MINIBLOCK_VALUES, width);
      at += (MINIBLOCK_VALUES * width) / 8;
    }
  }
  return at;
}

/** Bits that the largest delta of a miniblock takes. */
function widthOf(start: number): number {
  let largest = 0;
  for (let index = start; index < start + MINIBLOCK_VALUES; index += 1) {
    const delta = deltas[index] ?? 0;
    largest = delta > largest ? delta : largest;
  }
  return largest < 2 ** 32
    ? 32 - Math.clz32(largest)
    : 64 - Math.clz32(Math.floor(largest / 2 ** 32));
}

function putMiniblock(from: number, start: number, width: number): void {
  if (width <= NARROW_MAX) {
    putNarrow(from, start, width);
  } else {
    putWide(from, start, width);
  }
}

function putNarrow(from: number, start: number, width: number): void {
  let at = from;
  let bits = 0;
  let used = 0;
  for (let index = start; index < start + MINIBLOCK_VALUES; index += 1) {
    bits |= (deltas[index] ?? 0) << used;
    used += width;
    while (used >= 8) {
      output[at] = bits;
      at += 1;
      bits >>>= 8;
      used -= 8;
    }
  }
}

/** Of more bits: the low 24 first, then the next ones, each part with room for 7 bits before it. */
function putWide(from: number, start: number, width: number): void {
  let at = from;
  let bits = 0;
  let used = 0;
  for (let index = start; index < start + MINIBLOCK_VALUES; index += 1) {
    let rest = deltas[index] ?? 0;
    for (let left = width; left > 0; left -= 24) {
      const high = Math.floor(rest / 2 ** 24);
      bits |= (rest - high * 2 ** 24) << used;
      rest = high;
      used += left < 24 ? left : 24;
      while (used >= 8) {
        output[at] = bits;
        at += 1;
        bits >>>= 8;
        used -= 8;
      }
    }
  }
}

/** An unsigned LEB128 integer. Returns where it ends. */
function putVarint(from: number, value: number): number {
  let at = from;
  let rest = value;
  while (rest >= 128) {
    const high = Math.floor(rest / 128);
    view.setUint8(at, rest - high * 128 + 128);
    rest = high;
    at += 1;
  }
  view.setUint8(at, rest);
  return at + 1;
}

/** A zigzag integer of up to 2^52 on either side of zero: twice it is exact as a double. */
function putZigZag(at: number, value: number): number {
  return putVarint(at, value < 0 ? -2 * value - 1 : 2 * value);
}

function makeRoom(bytes: number): void {
  if (output.length < bytes) {
    output = new Uint8Array(2 * bytes);
    view = new DataView(output.buffer);
  }
}
