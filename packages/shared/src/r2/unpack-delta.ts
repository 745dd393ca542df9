/**
 * Integers of a DELTA_BINARY_PACKED page, as doubles. Hyparquet reads 64-bit ones as BigInts, one
 * by one, which takes many times as long.
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#delta-encoding-delta_binary_packed--5
 */

/** Values from zero to this one are exact as doubles, and so are the differences between them. */
export const UNPACKED_MAX = 2 ** 53;

/** Deltas of up to this many bits are exact as doubles. */
const WIDTH_MAX = 53;
/** Bits that one word of 32 gives, with up to 7 bits before them. */
const NARROW_MAX = 25;
/** A miniblock holds a multiple of this many values. */
const MINIBLOCK_UNIT = 32;
/** Bytes that a read may go beyond a page's end: two words of which one byte is the page's. */
const MARGIN = 8;

/** A place in a page. */
interface Cursor {
  readonly view: DataView;
  /** Length of the page; the view has MARGIN bytes more. */
  readonly end: number;
  at: number;
}

/** Deltas that lie together, and where they lead to. */
interface Miniblock {
  /** First byte. */
  readonly at: number;
  /** Bits of a delta. */
  readonly width: number;
  readonly minDelta: number;
  /** Index of the first value, inclusive, and of the last one, exclusive. */
  readonly start: number;
  readonly end: number;
}

/**
 * Reads `output.length` integers from `bytes`. None of them may be below zero or above
 * UNPACKED_MAX; the page must be one that its statistics say this of. Returns false, and leaves
 * `output` half written, where the deltas of such integers have more bits than a double. Throws
 * RangeError where the page does not hold as many values, or ends before they do.
 */
export function unpackDelta(bytes: Uint8Array, output: Float64Array): boolean {
  const cursor: Cursor = { view: viewWithMargin(bytes), end: bytes.length, at: 0 };
  const blockSize = readVarint(cursor);
  const miniblocks = readVarint(cursor);
  const perMiniblock = blockSize / miniblocks;
  if (readVarint(cursor) !== output.length) {
    throw new RangeError(`a page does not hold ${output.length} values`);
  }
  if (!(perMiniblock > 0 && perMiniblock % MINIBLOCK_UNIT === 0)) {
    throw new RangeError(`${miniblocks} miniblocks cannot share ${blockSize} values`);
  }
  let value = readZigZag(cursor);
  output[0] = value;
  for (let start = 1; start < output.length;) {
    const minDelta = readZigZag(cursor);
    const widthsAt = skip(cursor, miniblocks);
    for (let block = 0; block < miniblocks && start < output.length; block += 1) {
      const width = cursor.view.getUint8(widthsAt + block);
      if (width > WIDTH_MAX) {
        return false;
      }
      const at = skip(cursor, (perMiniblock * width) / 8);
      const end = Math.min(output.length, start + perMiniblock);
      const miniblock = { at, width, minDelta, start, end };
      value =
        width <= NARROW_MAX
          ? unpackNarrow(cursor.view, miniblock, value, output)
          : unpackWide(cursor.view, miniblock, value, output);
      start = end;
    }
  }
  return true;
}

/** Deltas of up to NARROW_MAX bits after the value `before`. Returns the last value. */
function unpackNarrow(
  view: DataView,
  { at, width, minDelta, start, end }: Miniblock,
  before: number,
  output: Float64Array,
): number {
  let value = before;
  if (width === 0) {
    for (let index = start; index < end; index += 1) {
      value += minDelta;
      output[index] = value;
    }
    return value;
  }
  const mask = (1 << width) - 1;
  let bit = at * 8;
  for (let index = start; index < end; index += 1) {
    value += minDelta + ((view.getInt32(bit >>> 3, true) >>> (bit & 7)) & mask);
    output[index] = value;
    bit += width;
  }
  return value;
}

/** Deltas of more bits, up to WIDTH_MAX, in two words. Returns the last value. */
function unpackWide(
  view: DataView,
  { at, width, minDelta, start, end }: Miniblock,
  before: number,
  output: Float64Array,
): number {
  const lowMask = width < 32 ? (1 << width) - 1 : -1;
  const highMask = width < 32 ? 0 : 2 ** (width - 32) - 1;
  let value = before;
  let bit = at * 8;
  for (let index = start; index < end; index += 1) {
    const first = view.getInt32(bit >>> 3, true);
    const second = view.getInt32((bit >>> 3) + 4, true);
    const shift = bit & 7;
    // Shifted twice, for a shift by 32 would be none.
    const low = ((first >>> shift) | ((second << 1) << (31 - shift))) & lowMask;
    const high = (second >>> shift) & highMask;
    value += minDelta + (high * 2 ** 32 + (low >>> 0));
    output[index] = value;
    bit += width;
  }
  return value;
}

/** Pages without room behind them are copied to here. */
let copy = new Uint8Array(2 ** 16);

/**
 * `bytes` and MARGIN bytes behind them, whatever those hold: so no read near the end needs care.
 * The view is good until the next call.
 */
function viewWithMargin(bytes: Uint8Array): DataView {
  const length = bytes.length + MARGIN;
  if (bytes.buffer.byteLength - bytes.byteOffset >= length) {
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }
  if (copy.length < length) {
    copy = new Uint8Array(2 * length);
  }
  copy.set(bytes);
  return new DataView(copy.buffer, 0, length);
}

/** Where `cursor` is; it goes on by `length` bytes, which the page must have. */
function skip(cursor: Cursor, length: number): number {
  const { at } = cursor;
  cursor.at += length;
  if (cursor.at > cursor.end) {
    throw new RangeError("a page ends before its values do");
  }
  return at;
}

/** An unsigned LEB128 integer, exact up to 2^53. */
function readVarint(cursor: Cursor): number {
  const byte = cursor.view.getUint8(skip(cursor, 1));
  return byte < 128 ? byte : readRest(cursor, byte & 127, 128);
}

/** A zigzag integer, exact up to 2^53 on either side of zero. */
function readZigZag(cursor: Cursor): number {
  const byte = cursor.view.getUint8(skip(cursor, 1));
  // Halved at once, for twice the value may be more than a double holds exactly.
  const half = (byte & 127) >>> 1;
  const size = byte < 128 ? half : readRest(cursor, half, 64);
  return byte % 2 === 0 ? size : -1 - size;
}

/** What the bytes of a LEB128 integer make of `value`, of which the next is worth `factor`. */
function readRest(cursor: Cursor, value: number, factor: number): number {
  let sum = value;
  for (let worth = factor; ; worth *= 128) {
    const byte = cursor.view.getUint8(skip(cursor, 1));
    sum += (byte & 127) * worth;
    if (byte < 128) {
      return sum;
    }
  }
}
