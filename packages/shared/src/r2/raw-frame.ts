/**
 * Integers that are packed to their last bit do not compress: zstd stores such a page as it is, in
 * one block. To call it for these costs more than to decode them.
 * https://datatracker.ietf.org/doc/html/rfc8878#section-3.1.1
 */

const MAGIC = 0xfd_2f_b5_28;
/** Magic and frame header descriptor. */
const FIXED_BYTES = 5;
const BLOCK_HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;
/** Sizes of a frame's content size field, by its flag; without a flag it depends. */
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;

/**
 * The content of `frame`, a whole zstd frame, if it is stored in one block as it is: a part of the
 * same memory. Undefined where it has to be decompressed. The frame's checksum is not looked at: of
 * bytes whose hash was checked it says nothing new.
 */
export function rawContentOf(frame: Uint8Array): Uint8Array | undefined {
  if (frame.length < FIXED_BYTES + BLOCK_HEADER_BYTES) {
    return undefined;
  }
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const descriptor = view.getUint8(FIXED_BYTES - 1);
  const isSingleSegment = (descriptor & 0b10_0000) !== 0;
  const hasDictionary = (descriptor & 0b11) !== 0;
  if (view.getUint32(0, true) !== MAGIC || hasDictionary) {
    return undefined;
  }
  const sizeBytes = CONTENT_SIZE_BYTES[descriptor >>> 6] ?? 0;
  // A single segment has no window descriptor, and one byte of content size at least.
  const blockAt = FIXED_BYTES + (isSingleSegment ? Math.max(1, sizeBytes) : 1 + sizeBytes);
  const contentAt = blockAt + BLOCK_HEADER_BYTES;
  if (contentAt > frame.length) {
    return undefined;
  }
  const header = view.getUint16(blockAt, true) | (view.getUint8(blockAt + 2) << 16);
  const isLast = (header & 1) === 1;
  const isRaw = ((header >>> 1) & 0b11) === 0;
  const contentEnd = contentAt + (header >>> 3);
  const checksumBytes = (descriptor & 0b100) === 0 ? 0 : CHECKSUM_BYTES;
  return isLast && isRaw && contentEnd + checksumBytes === frame.length
    ? frame.subarray(contentAt, contentEnd)
    : undefined;
}
