import { crc32, createInflateRaw, inflateRawSync, type InflateRaw } from "node:zlib";
import { CandlehouseError, ImportRejectedError } from "@candlehouse/shared/core/errors";
import {
  isZip,
  readZipEnd,
  readZipStart,
  ZIP_TAIL_BYTES,
  type ZipEntry,
} from "@candlehouse/shared/import/zip-archive";
import type { ImportBody, Pieces } from "./import-body.ts";

/** Most bytes that a file becomes when it is decompressed: ten years of seconds, and no bomb. */
const INFLATED_BYTES_MAX = 1_024 * 1_024 * 1_024;

/**
 * `inflateRawSync` of the Workers runtime counts the memory that it takes, which is up to some 32 KB
 * more than what it fills.
 */
const INFLATE_MARGIN_BYTES = 65_536;

/**
 * An archive of up to so many bytes, compressed and decompressed, is decompressed at once, which is
 * faster: a month of minutes has 2 MB and 6. Both are held, like a body that is no archive.
 */
const SMALL_COMPRESSED_BYTES_MAX = 4 * 1_024 * 1_024;
const SMALL_BYTES_MAX = 8 * 1_024 * 1_024;

/** Compressed bytes that are decompressed at once: of a bomb they become a thousand times as many. */
const DEFLATED_BYTES = 16_384;

/** Decompressed bytes that come in one piece. */
const INFLATE_CHUNK_BYTES = 256 * 1_024;

/** Bytes of a ZIP archive that hold where its first file begins. */
const HEAD_BYTES = 66_000;

/**
 * The CSV or Parquet file that `body` is, or that the ZIP archive in it holds. Of an archive, each
 * byte is decompressed and its checksum found right before the first one is given out: what was
 * changed on its way must not pass for a price. Throws ImportRejectedError.
 */
export async function openFile(body: ImportBody): Promise<Pieces> {
  const head = await readPart(body, 0, Math.min(body.bytes, HEAD_BYTES));
  if (!isZip(head)) {
    return body.read();
  }
  const start = readZipStart(head);
  const tailAt = Math.max(0, body.bytes - ZIP_TAIL_BYTES);
  const entry = readZipEnd(await readPart(body, tailAt, body.bytes), body.bytes);
  const end = (start ?? Infinity) + entry.compressedBytes;
  if (start === undefined || end > body.bytes) {
    throw new ImportRejectedError("the ZIP archive is shorter than its file");
  }
  if (entry.bytes > INFLATED_BYTES_MAX) {
    throw new ImportRejectedError(
      `the file in the ZIP archive has ${entry.bytes} bytes: up to ${INFLATED_BYTES_MAX} are read`,
    );
  }
  if (entry.compressedBytes <= SMALL_COMPRESSED_BYTES_MAX && entry.bytes <= SMALL_BYTES_MAX) {
    return [inflateSmall(await readPart(body, start, end), entry)];
  }
  // All of it is decompressed to be checked, and once more to be read: it need not fit in memory.
  for await (const piece of inflate(await body.read(start, end), entry)) {
    void piece;
  }
  return inflate(await body.read(start, end), entry);
}

function inflateSmall(compressed: Uint8Array, entry: ZipEntry): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = inflateRawSync(compressed, { maxOutputLength: entry.bytes + INFLATE_MARGIN_BYTES });
  } catch (cause) {
    throw damagedArchive(cause);
  }
  expectEntry(entry, bytes.length, crc32(bytes));
  return bytes;
}

/** What `compressed` hold, in pieces; at their end their checksum is compared. */
async function* inflate(compressed: Pieces, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  const inflater = createInflateRaw({ chunkSize: INFLATE_CHUNK_BYTES });
  const inflated: Uint8Array[] = [];
  inflater.on("data", (piece: Uint8Array) => {
    inflated.push(piece);
  });
  // Who writes to it is told of an error; an event that nobody takes would end the Worker.
  inflater.on("error", () => undefined);
  let [size, checksum] = [0, 0];
  try {
    for await (const piece of compressed) {
      for (let at = 0; at < piece.length; at += DEFLATED_BYTES) {
        await written(inflater, piece.subarray(at, at + DEFLATED_BYTES));
        for (const part of inflated.splice(0)) {
          size += part.length;
          checksum = crc32(part, checksum);
          if (size > entry.bytes) {
            throw damagedArchive("its file is longer than it says");
          }
          yield part;
        }
      }
    }
    if (inflater.bytesWritten !== entry.compressedBytes) {
      throw damagedArchive("its file ends before its compressed bytes do");
    }
    expectEntry(entry, size, checksum);
  } catch (cause) {
    throw cause instanceof CandlehouseError ? cause : damagedArchive(cause);
  } finally {
    inflater.destroy();
  }
}

/** Has `inflater` decompress `bytes`, all of them. */
async function written(inflater: InflateRaw, bytes: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    inflater.once("error", reject);
    inflater.write(bytes, (error) => {
      inflater.off("error", reject);
      if (error === null || error === undefined) {
        resolve();
      } else {
        reject(error);
      }
    });
  });
}

function expectEntry(entry: ZipEntry, size: number, checksum: number): void {
  if (size !== entry.bytes || checksum !== entry.crc32) {
    throw damagedArchive(
      `its file has ${size} bytes and another checksum than the ${entry.bytes} that it is to have`,
    );
  }
}

function damagedArchive(cause: unknown): ImportRejectedError {
  return new ImportRejectedError(`the ZIP archive was cut or changed: ${String(cause)}`, { cause });
}

async function readPart(body: ImportBody, from: number, to: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(to - from);
  let at = 0;
  for await (const piece of await body.read(from, to)) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
