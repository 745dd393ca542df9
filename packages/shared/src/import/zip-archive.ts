import { ImportRejectedError } from "../core/errors.ts";

/**
 * A ZIP archive with one file in it, as the sources of candles publish them: what its first and its
 * last bytes say. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */

const LOCAL_SIGNATURE = 0x04_03_4b_50;
const CENTRAL_SIGNATURE = 0x02_01_4b_50;
const END_SIGNATURE = 0x06_05_4b_50;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const COMMENT_BYTES_MAX = 65_535;
const ENCRYPTED = 1;
const DEFLATE = 8;
/** Stands for a size that is in a ZIP64 field. */
const SIZE_ELSEWHERE = 0xff_ff_ff_ff;

/** Bytes at the end of an archive of one file that `readZipEnd` may need. */
export const ZIP_TAIL_BYTES = CENTRAL_BYTES + 3 * COMMENT_BYTES_MAX + END_BYTES + COMMENT_BYTES_MAX;

/** What the central directory says of the one file. */
export interface ZipEntry {
  readonly name: string;
  readonly crc32: number;
  readonly compressedBytes: number;
  readonly bytes: number;
}

/** Whether a file that begins with `bytes` is a ZIP archive. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === LOCAL_SIGNATURE;
}

/**
 * Where the compressed bytes of the first file begin, of an archive that begins with `bytes`;
 * undefined where that takes more of them. Throws ImportRejectedError where it cannot be read.
 */
export function readZipStart(bytes: Uint8Array): number | undefined {
  if (bytes.length < LOCAL_BYTES) {
    return undefined;
  }
  const view = viewOf(bytes);
  if ((view.getUint16(6, true) & ENCRYPTED) !== 0) {
    throw new ImportRejectedError("the ZIP archive is encrypted");
  }
  if (view.getUint16(8, true) !== DEFLATE) {
    throw new ImportRejectedError(
      `the ZIP archive is compressed by method ${view.getUint16(8, true)}: deflate (8) is read`,
    );
  }
  return LOCAL_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
}

/**
 * What the end of an archive of `size` bytes says, of which `tail` are the last. Throws
 * ImportRejectedError where it is cut, or does not hold just one file.
 */
export function readZipEnd(tail: Uint8Array, size: number): ZipEntry {
  const view = viewOf(tail);
  const endAt = findEnd(view);
  if (endAt === undefined) {
    throw new ImportRejectedError(
      "the ZIP archive does not end as one does: it was cut or changed",
    );
  }
  const files = view.getUint16(endAt + 10, true);
  if (files !== 1) {
    throw new ImportRejectedError(`the ZIP archive holds ${files} files: one is read`);
  }
  const at = view.getUint32(endAt + 16, true) - (size - tail.length);
  if (at < 0 || at + CENTRAL_BYTES > endAt || view.getUint32(at, true) !== CENTRAL_SIGNATURE) {
    throw new ImportRejectedError("the ZIP archive's directory is not where it says");
  }
  const [compressedBytes, bytes] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
  if (compressedBytes === SIZE_ELSEWHERE || bytes === SIZE_ELSEWHERE) {
    throw new ImportRejectedError(
      "the ZIP archive says its sizes in ZIP64 fields, which are not read",
    );
  }
  const name = tail.subarray(
    at + CENTRAL_BYTES,
    at + CENTRAL_BYTES + view.getUint16(at + 28, true),
  );
  return {
    name: new TextDecoder().decode(name),
    crc32: view.getUint32(at + 16, true),
    compressedBytes,
    bytes,
  };
}

/** Where the end record begins: the last place from which its comment reaches just to the end. */
function findEnd(view: DataView): number | undefined {
  const first = Math.max(0, view.byteLength - END_BYTES - COMMENT_BYTES_MAX);
  for (let at = view.byteLength - END_BYTES; at >= first; at -= 1) {
    const isEnd =
      view.getUint32(at, true) === END_SIGNATURE &&
      at + END_BYTES + view.getUint16(at + 20, true) === view.byteLength;
    if (isEnd) {
      return at;
    }
  }
  return undefined;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
