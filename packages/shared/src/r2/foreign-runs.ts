/** Bits of the widest integer that Parquet packs. */
const WIDTH_MAX = 32;
/** Bytes of the longest header of a run. */
const VARINT_BYTES_MAX = 5;

/**
 * The `count` integers of `width` bits (0 to 32) that `bytes` hold in Parquet's hybrid of repeated
 * and bit-packed runs. A packed run may be padded, so no more than `count` are taken of it; a repeated one
 * that goes beyond them is damaged. Throws RangeError there, and where the bytes end before.
 *
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE
 */
export function decodeRuns(bytes: Uint8Array, width: number, count: number): Uint32Array {
  if (width > WIDTH_MAX) {
    throw new RangeError(`integers of ${width} bits are packed`);
  }
  const values = new Uint32Array(count);
  let place = 0;
  let offset = 0;
  while (place < count) {
    const header = readVarint(bytes, offset);
    offset = header.end;
    const length = Math.floor(header.value / 2);
    const isPacked = header.value % 2 === 1;
    if (!isPacked && length > count - place) {
      throw new RangeError(`a run repeats ${length} times where ${count - place} are left`);
    }
    const taken = Math.min(isPacked ? length * 8 : length, count - place);
    if (isPacked) {
      for (let index = 0; index < taken; index += 1) {
        values[place + index] = readBits(bytes, offset * 8 + index * width, width);
      }
      offset += length * width;
    } else {
      const size = Math.ceil(width / 8);
      values.fill(readBits(bytes, offset * 8, size * 8), place, place + taken);
      offset += size;
    }
    place += taken;
  }
  return values;
}

/** The unsigned integer at `start` of `bytes`, and where it ends. Throws RangeError where it has no end. */
export function readVarint(bytes: Uint8Array, start: number): { value: number; end: number } {
  let value = 0;
  for (let index = 0; index < VARINT_BYTES_MAX; index += 1) {
    const byte = byteAt(bytes, start + index);
    value += (byte % 128) * 128 ** index;
    if (byte < 128) {
      return { value, end: start + index + 1 };
    }
  }
  throw new RangeError(`the number at ${start} has no end`);
}

/** The integer of `width` bits from `bit` on, the lowest bits first. */
function readBits(bytes: Uint8Array, bit: number, width: number): number {
  let value = 0;
  for (let taken = 0; taken < width;) {
    const position = bit + taken;
    const within = position % 8;
    const size = Math.min(8 - within, width - taken);
    const byte = byteAt(bytes, Math.floor(position / 8));
    value += ((byte >>> within) & (2 ** size - 1)) * 2 ** taken;
    taken += size;
  }
  return value;
}

function byteAt(bytes: Uint8Array, place: number): number {
  const byte = bytes[place];
  if (byte === undefined) {
    throw new RangeError(`a run ends behind byte ${place} of ${bytes.length}`);
  }
  return byte;
}
