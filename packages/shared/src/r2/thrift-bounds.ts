/**
 * The footer and the page headers of a Parquet file are structs in Thrift's compact protocol. hyparquet
 * takes whatever they say: a number without an end keeps it busy for hours, and a list of empty structs
 * takes thirty times the memory that it has in the file. So they are walked through before, by what
 * holds nothing.
 *
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */

/** Structs and lists inside each other; a footer has seven. */
const DEPTH_MAX = 16;
const VARINT_BYTES_MAX = 10;

/** Where the walk is, and what it may still meet. */
interface Walk {
  readonly bytes: Uint8Array;
  at: number;
  values: number;
}

/**
 * Where the struct ends that begins at `start` of `bytes`. Throws RangeError where it goes beyond their
 * end, holds more than `valuesMax` values, at any depth, or a number of more than ten bytes.
 */
export function endOfStruct(bytes: Uint8Array, start: number, valuesMax: number): number {
  const walk: Walk = { bytes, at: start, values: valuesMax };
  skipStruct(walk, 0);
  return walk.at;
}

function skipStruct(walk: Walk, depth: number): void {
  for (;;) {
    const header = takeByte(walk);
    const type = header & 0x0f;
    if (type === 0) {
      return;
    }
    if (header >>> 4 === 0) {
      skipVarint(walk);
    }
    // A boolean member's value is its type.
    skipValue(walk, type === 1 || type === 2 ? 0 : type, depth);
  }
}

/** `type` as the protocol counts them; 0 is a value of no bytes. */
function skipValue(walk: Walk, type: number, depth: number): void {
  walk.values -= 1;
  if (walk.values < 0 || depth > DEPTH_MAX) {
    throw new RangeError("a struct holds more values than are read");
  }
  switch (type) {
    case 0:
      return;
    case 1:
    case 2:
    case 3:
      return skipBytes(walk, 1);
    case 4:
    case 5:
    case 6:
      return skipVarint(walk);
    case 7:
      return skipBytes(walk, 8);
    case 8:
      return skipBytes(walk, takeSize(walk));
    case 9:
      return skipList(walk, depth + 1);
    case 12:
      return skipStruct(walk, depth + 1);
    default:
      throw new RangeError(`a struct has a value of type ${type}, which Parquet has not`);
  }
}

function skipList(walk: Walk, depth: number): void {
  const header = takeByte(walk);
  const short = header >>> 4;
  const size = short === 15 ? takeSize(walk) : short;
  const type = header & 0x0f;
  if (type === 0 && size > 0) {
    throw new RangeError("a list has values of no type");
  }
  for (let index = 0; index < size; index += 1) {
    skipValue(walk, type, depth);
  }
}

function skipVarint(walk: Walk): void {
  for (let index = 0; takeByte(walk) >= 128; index += 1) {
    if (index + 2 > VARINT_BYTES_MAX) {
      throw new RangeError(`a number has more than ${VARINT_BYTES_MAX} bytes`);
    }
  }
}

/** An unsigned size, which is never more than what is left. */
function takeSize(walk: Walk): number {
  let size = 0;
  for (let worth = 1; ; worth *= 128) {
    const byte = takeByte(walk);
    size += (byte % 128) * worth;
    if (size > walk.bytes.length - walk.at) {
      throw new RangeError(`a value of ${size} bytes goes beyond the end`);
    }
    if (byte < 128) {
      return size;
    }
    if (worth > 2 ** 32) {
      throw new RangeError("a size has no end");
    }
  }
}

function skipBytes(walk: Walk, count: number): void {
  walk.at += count;
  if (walk.at > walk.bytes.length) {
    throw new RangeError("a struct goes beyond the end");
  }
}

function takeByte(walk: Walk): number {
  const byte = walk.bytes[walk.at];
  if (byte === undefined) {
    throw new RangeError("a struct goes beyond the end");
  }
  walk.at += 1;
  return byte;
}
