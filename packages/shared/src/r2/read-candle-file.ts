import type { Candle } from "../core/candle.ts";
import { ArchiveDamagedError, StorageUnavailableError } from "../core/errors.ts";
import { sha256Hex } from "../hash/sha256.ts";
import { parseCandleFile, type CandleFile } from "./candle-file.ts";
import { candlesOf } from "./decode-candles.ts";
import { decodeGroup } from "./decode-columns.ts";
import { damageOfGroup } from "./describe-file.ts";

/** What the manifest has of a file that reading parts of it takes. */
export interface FileReference {
  readonly key: string;
  readonly bytes: number;
  readonly footerLength: number;
  readonly footerHash: string;
}

/** Footers that are kept, so that a file which is read again costs one read: some 3 MB. */
const FOOTERS_MAX = 256;

/** The footers read last, by their hash: a file never changes, so neither does its footer. */
const footers = new Map<string, CandleFile>();

/**
 * What the footer of a file says: one read of R2, or none if it was read lately. Throws
 * ArchiveDamagedError where it is not the one the manifest means, StorageUnavailableError where R2
 * does not answer.
 */
export async function readFooter(bucket: R2Bucket, reference: FileReference): Promise<CandleFile> {
  const { key, bytes, footerLength, footerHash } = reference;
  const name = `${footerHash} ${key}`;
  let file = footers.get(name);
  footers.delete(name);
  if (file === undefined) {
    const offset = bytes - footerLength;
    const footer = await readRange(bucket, reference, offset, footerLength);
    if (sha256Hex(footer) !== footerHash) {
      throw new ArchiveDamagedError(key, damageOfFooter(reference));
    }
    file = parseCandleFile(footer, key);
  }
  footers.set(name, file);
  for (const oldest of footers.keys()) {
    if (footers.size <= FOOTERS_MAX) {
      break;
    }
    footers.delete(oldest);
  }
  return file;
}

/** What is wrong with a file whose footer is another, for people. */
export function damageOfFooter({ bytes, footerLength }: Omit<FileReference, "key">): string {
  return `bytes ${bytes - footerLength} to ${bytes - 1} are not what was written (the footer)`;
}

/** Row groups `from` (inclusive) to `to` (exclusive) of a file. */
export interface GroupSpan {
  readonly from: number;
  readonly to: number;
}

/** A row group's bytes, whose hash is right. */
export interface GroupBytes {
  readonly file: CandleFile;
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** The bytes of some row groups of `file`: one read of R2. Throws as `readFooter` does. */
export async function readSpan(
  bucket: R2Bucket,
  reference: FileReference,
  file: CandleFile,
  { from, to }: GroupSpan,
): Promise<GroupBytes[]> {
  const groups = file.groups.slice(from, to);
  const start = groups[0]?.start ?? 0;
  const end = groups.at(-1)?.end ?? 0;
  if (start === end) {
    return [];
  }
  const bytes = await readRange(bucket, reference, start, end - start);
  return groups.map((group, place) => {
    const index = from + place;
    const part = bytes.subarray(group.start - start, group.end - start);
    if (sha256Hex(part) !== group.sha256) {
      throw new ArchiveDamagedError(file.key, damageOfGroup(file, index));
    }
    return { file, index, bytes: part };
  });
}

/** The candles of some row groups of `file`, ascending: one read of R2. Throws as `readFooter` does. */
export async function readGroups(
  bucket: R2Bucket,
  reference: FileReference,
  file: CandleFile,
  span: GroupSpan,
): Promise<Candle[]> {
  const groups = await readSpan(bucket, reference, file, span);
  return groups.flatMap(({ index, bytes }) => candlesOf(decodeGroup(file, index, bytes)));
}

/**
 * All bytes of a file: one read of R2. Throws ArchiveDamagedError where they are not what the
 * manifest says, StorageUnavailableError where R2 does not answer.
 */
export async function readWholeFile(
  bucket: R2Bucket,
  reference: FileReference & { readonly fileHash: string },
): Promise<Uint8Array> {
  const bytes = await readObject(bucket, reference.key);
  if (bytes === undefined) {
    throw new ArchiveDamagedError(reference.key, MISSING);
  }
  if (bytes.length !== reference.bytes) {
    throw new ArchiveDamagedError(reference.key, damageOfLength(reference.bytes, bytes.length));
  }
  if (sha256Hex(bytes) !== reference.fileHash) {
    throw new ArchiveDamagedError(reference.key, "it is not what was written");
  }
  return bytes;
}

/** What is wrong with a file that is not there. */
export const MISSING = "the object is missing";

/** What is wrong with a file that is shorter or longer than it was written. */
export function damageOfLength(written: number, found: number): string {
  return found < written
    ? `bytes ${found} to ${written - 1} are missing`
    : `bytes ${written} to ${found - 1} were never written`;
}

/** An object as it is; undefined where there is none. Throws StorageUnavailableError. */
export async function readObject(bucket: R2Bucket, key: string): Promise<Uint8Array | undefined> {
  try {
    const object = await bucket.get(key);
    return object === null ? undefined : new Uint8Array(await object.arrayBuffer());
  } catch (cause) {
    throw unavailable(key, cause);
  }
}

/** `length` bytes of an object from `offset` on: one read of R2. Throws as `readFooter` does. */
async function readRange(
  bucket: R2Bucket,
  { key, bytes }: FileReference,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const range = await bucket
    .get(key, { range: { offset, length } })
    .then(async (object) => object && new Uint8Array(await object.arrayBuffer()))
    .catch((cause: unknown) => explain(bucket, key, bytes, cause));
  if (range === null) {
    throw new ArchiveDamagedError(key, MISSING);
  }
  if (range.length !== length) {
    throw new ArchiveDamagedError(key, damageOfLength(bytes, offset + range.length));
  }
  return range;
}

/** Throws what it means that a range of an object cannot be read: R2 refuses one beyond its end. */
async function explain(
  bucket: R2Bucket,
  key: string,
  bytes: number,
  cause: unknown,
): Promise<never> {
  const head = await bucket.head(key).catch((error: unknown) => {
    throw unavailable(key, error);
  });
  if (head !== null && head.size !== bytes) {
    throw new ArchiveDamagedError(key, damageOfLength(bytes, head.size), { cause });
  }
  throw unavailable(key, cause);
}

function unavailable(key: string, cause: unknown): StorageUnavailableError {
  return new StorageUnavailableError(`R2 did not give ${key}: ${String(cause)}`, { cause });
}
