import type { ArchiveFile } from "../core/archive.ts";
import { ArchiveDamagedError } from "../core/errors.ts";
import { sha256Hex } from "../hash/sha256.ts";
import { parseCandleFile } from "./candle-file.ts";
import { damageOfGroup, decodeWholeFile } from "./describe-file.ts";
import { damageOfFooter, damageOfLength, MISSING, readObject } from "./read-candle-file.ts";

/**
 * Reads `file` whole and says what is wrong with it, the first byte range that differs named, or
 * undefined where it is what the manifest says in every byte and every candle. Throws
 * StorageUnavailableError where R2 does not answer.
 */
export async function inspectFile(
  bucket: R2Bucket,
  file: ArchiveFile,
): Promise<string | undefined> {
  const bytes = await readObject(bucket, file.key);
  if (bytes === undefined) {
    return MISSING;
  }
  if (sha256Hex(bytes) !== file.fileHash) {
    return findDifference(bytes, file);
  }
  return file.format === 0 ? undefined : findContradiction(bytes, file);
}

/** The first byte range of `bytes` that is not what was written. */
function findDifference(bytes: Uint8Array, file: ArchiveFile): string {
  if (bytes.length !== file.bytes) {
    return damageOfLength(file.bytes, bytes.length);
  }
  const anywhere = `bytes 0 to ${bytes.length - 1} are not what was written`;
  if (file.format === 0) {
    return anywhere;
  }
  const footer = bytes.subarray(bytes.length - file.footerLength);
  if (sha256Hex(footer) !== file.footerHash) {
    return damageOfFooter(file);
  }
  const written = parseCandleFile(footer, file.key);
  const start = written.groups[0]?.start ?? 0;
  const damaged = written.groups.findIndex(
    (group) => sha256Hex(bytes.subarray(group.start, group.end)) !== group.sha256,
  );
  if (damaged >= 0) {
    return damageOfGroup(written, damaged);
  }
  return start > 0 ? `bytes 0 to ${start - 1} are not what was written (the magic)` : anywhere;
}

/** What a file that is unchanged says otherwise than the manifest. */
function findContradiction(bytes: Uint8Array, file: ArchiveFile): string | undefined {
  try {
    const { file: written } = decodeWholeFile(bytes, file.key);
    for (const name of ["rows", "first", "last", "contentHash"] as const) {
      if (written[name] !== file[name]) {
        return `the manifest says ${name} ${file[name]}, the file ${written[name]}`;
      }
    }
    return undefined;
  } catch (error) {
    if (error instanceof ArchiveDamagedError) {
      return error.damage;
    }
    throw error;
  }
}
