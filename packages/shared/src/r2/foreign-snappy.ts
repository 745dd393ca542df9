/** The lengths of a literal that stand in the bytes behind its tag begin here. */
const LONG_LITERAL = 60;

/**
 * The `length` bytes that `input`, compressed by Snappy, is of. Throws RangeError where it is of more
 * or fewer, or of none. hyparquet's own goes back and forth for seconds where a byte was changed.
 *
 * https://github.com/google/snappy/blob/main/format_description.txt
 */
export function snappyDecompress(input: Uint8Array, length: number): Uint8Array {
  const output = new Uint8Array(length);
  let from = endOfLength(input);
  let to = 0;
  while (from < input.length) {
    const tag = byteAt(input, from);
    const element = (tag & 0b11) === 0 ? readLiteral(input, from, tag) : readCopy(input, from, tag);
    const { end, size, distance } = element;
    if (to + size > length || end > input.length || distance > to) {
      throw new RangeError(`a Snappy element at ${from} is longer than what there is`);
    }
    if (distance === 0) {
      output.set(input.subarray(end - size, end), to);
    } else if (distance >= size) {
      output.copyWithin(to, to - distance, to - distance + size);
    } else {
      // It repeats what it has just written itself.
      for (let index = to; index < to + size; index += 1) {
        output[index] = output[index - distance] ?? 0;
      }
    }
    from = end;
    to += size;
  }
  if (to !== length) {
    throw new RangeError(`Snappy gives ${to} bytes, ${length} are expected`);
  }
  return output;
}

/** A piece of the output: of the input's own bytes, or what stands `distance` bytes before. */
interface Element {
  /** Where the next element begins. */
  readonly end: number;
  readonly size: number;
  /** 0 for a literal, whose bytes end at `end`. */
  readonly distance: number;
}

function readLiteral(input: Uint8Array, at: number, tag: number): Element {
  const short = tag >>> 2;
  const extra = short < LONG_LITERAL ? 0 : short - LONG_LITERAL + 1;
  const size = 1 + (extra === 0 ? short : readNumber(input, at + 1, extra));
  return { end: at + 1 + extra + size, size, distance: 0 };
}

function readCopy(input: Uint8Array, at: number, tag: number): Element {
  if ((tag & 0b11) === 1) {
    const distance = (tag >>> 5) * 256 + byteAt(input, at + 1);
    return { end: at + 2, size: 4 + ((tag >>> 2) & 0b111), distance: expectDistance(distance, at) };
  }
  const bytes = (tag & 0b11) === 2 ? 2 : 4;
  const distance = expectDistance(readNumber(input, at + 1, bytes), at);
  return { end: at + 1 + bytes, size: 1 + (tag >>> 2), distance };
}

function expectDistance(distance: number, at: number): number {
  if (distance === 0) {
    throw new RangeError(`a Snappy element at ${at} copies itself`);
  }
  return distance;
}

/** Where the length ends with which the input begins; the page's header has said it already. */
function endOfLength(input: Uint8Array): number {
  let end = 0;
  while (byteAt(input, end) >= 128) {
    end += 1;
  }
  return end + 1;
}

/** A number of `bytes` bytes, the lowest first. */
function readNumber(input: Uint8Array, at: number, bytes: number): number {
  let number = 0;
  for (let index = 0; index < bytes; index += 1) {
    number += byteAt(input, at + index) * 256 ** index;
  }
  return number;
}

function byteAt(input: Uint8Array, place: number): number {
  const byte = input[place];
  if (byte === undefined) {
    throw new RangeError(`Snappy ends behind byte ${place} of ${input.length}`);
  }
  return byte;
}
