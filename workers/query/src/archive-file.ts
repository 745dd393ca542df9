import type { ArchiveFile } from "@candlehouse/shared/core/archive";
import { ArchiveDamagedError, StorageUnavailableError } from "@candlehouse/shared/core/errors";
import { CACHE_BY_TAG } from "./answer.ts";
import { parseByteRange, type ByteRange } from "./byte-range.ts";

export const PARQUET_TYPE = "application/vnd.apache.parquet";

/**
 * The answer to a GET or HEAD of `file` with the request's `headers`: all of it, the range of bytes
 * that is asked for, 304 where the client has it, 412 where it wants another one, or 416 where there
 * is no such byte. The bytes flow from R2 as the client takes them. A file is named by its candles:
 * one that was repaired may have other bytes under the same address, and so another entity tag.
 *
 * Throws ArchiveDamagedError where the file is known to be damaged, is not there or has another
 * size, StorageUnavailableError where R2 does not answer.
 */
export async function answerFile(
  bucket: R2Bucket,
  file: ArchiveFile,
  method: string,
  headers: Headers,
): Promise<Response> {
  if (file.damage !== null) {
    throw new ArchiveDamagedError(file.key, file.damage);
  }
  const etag = `"${file.fileHash}"`;
  const ifMatch = headers.get("if-match");
  if (ifMatch !== null && !hasTag(ifMatch, etag)) {
    return new Response(null, { status: 412, headers: { etag } });
  }
  const said = {
    "content-type": PARQUET_TYPE,
    "cache-control": CACHE_BY_TAG,
    "accept-ranges": "bytes",
    etag,
  };
  if (hasTag(headers.get("if-none-match"), etag)) {
    return new Response(null, { status: 304, headers: said });
  }
  const range = method === "GET" ? rangeOf(headers, etag, file.bytes) : undefined;
  if (range === "unsatisfiable") {
    return new Response(null, {
      status: 416,
      headers: { "content-range": `bytes */${file.bytes}`, "accept-ranges": "bytes" },
    });
  }
  const { first, last } = range ?? { first: 0, last: file.bytes - 1 };
  const body = method === "HEAD" ? await headOf(bucket, file) : await bodyOf(bucket, file, range);
  return new Response(body, {
    status: range === undefined ? 200 : 206,
    headers: {
      ...said,
      "content-length": String(last - first + 1),
      ...(range === undefined ? {} : { "content-range": `bytes ${first}-${last}/${file.bytes}` }),
    },
  });
}

/** Whether a list of entity tags, or `*` for any, holds `etag`. */
function hasTag(tags: string | null, etag: string): boolean {
  return tags?.trim() === "*" || (tags?.match(/"[^"]*"/g)?.includes(etag) ?? false);
}

/** A range is answered of the file that the client has a part of, and of no other. */
function rangeOf(
  headers: Headers,
  etag: string,
  size: number,
): ByteRange | "unsatisfiable" | undefined {
  const range = headers.get("range");
  const ifRange = headers.get("if-range");
  return range === null || (ifRange !== null && ifRange !== etag)
    ? undefined
    : parseByteRange(range, size);
}

async function headOf(bucket: R2Bucket, file: ArchiveFile): Promise<null> {
  assertSize(file, await bucket.head(file.key).catch((cause: unknown) => refuse(file, cause)));
  return null;
}

async function bodyOf(
  bucket: R2Bucket,
  file: ArchiveFile,
  range: ByteRange | undefined,
): Promise<ReadableStream> {
  const options =
    range === undefined
      ? {}
      : { range: { offset: range.first, length: range.last - range.first + 1 } };
  const object = await bucket.get(file.key, options).catch(async (cause: unknown) => {
    // R2 refuses a range beyond the end of a file that was cut.
    await headOf(bucket, file);
    return refuse(file, cause);
  });
  if (object !== null && object.size !== file.bytes) {
    await object.body.cancel();
  }
  return assertSize(file, object).body;
}

function assertSize<Found extends { readonly size: number }>(
  { key, bytes }: ArchiveFile,
  object: Found | null,
): Found {
  if (object === null) {
    throw new ArchiveDamagedError(key, "the object is missing");
  }
  if (object.size !== bytes) {
    throw new ArchiveDamagedError(
      key,
      `the object has ${object.size} bytes, while the manifest says ${bytes}`,
    );
  }
  return object;
}

function refuse({ key }: ArchiveFile, cause: unknown): never {
  throw new StorageUnavailableError(`R2 did not give ${key}: ${String(cause)}`, { cause });
}
