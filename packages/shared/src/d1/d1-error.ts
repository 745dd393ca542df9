import { StorageRejectedError, StorageUnavailableError } from "../core/errors.ts";

/**
 * What D1 says when the call would fail again: a value or statement that it refuses.
 * https://developers.cloudflare.com/d1/observability/debug-d1/
 */
const REJECTIONS = [
  "D1_TYPE_ERROR",
  "SQLITE_CONSTRAINT",
  "SQLITE_MISMATCH",
  "SQLITE_TOOBIG",
  "too many SQL variables",
  "malformed JSON",
  "syntax error",
] as const;

/**
 * What a failed D1 call means. Everything that is not known to be a refusal counts as passing:
 * a message that is tried once too often costs little, one that is given up too early costs a
 * candle. After a lost connection it is unknown whether the call took effect.
 */
export function storageErrorOf(cause: unknown): StorageRejectedError | StorageUnavailableError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return REJECTIONS.some((rejection) => text.includes(rejection))
    ? new StorageRejectedError(text, { cause })
    : new StorageUnavailableError(text, { cause });
}

/** For the `catch` of a D1 call: throws what its failure means. */
export function throwStorageError(cause: unknown): never {
  throw storageErrorOf(cause);
}
