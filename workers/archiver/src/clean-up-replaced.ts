import { shownSeconds } from "@candlehouse/shared/core/clock";
import { StorageUnavailableError } from "@candlehouse/shared/core/errors";
import {
  claimReplaced,
  forgetDeleting,
  listUnproven,
  releaseClaims,
} from "@candlehouse/shared/d1/archive-claims";
import type { ArchiverContext } from "./context.ts";
import { inspectAndRecord } from "./verify-file.ts";

/** Files that one call deletes, the oldest first: what is left over is deleted the next day. */
const DELETED_MAX = 400;

/** Current files that one call reads again before what they replaced is deleted, and their bytes. */
const PROVEN_MAX = 100;
const PROVEN_BYTES_MAX = 16 * 1_024 * 1_024;

/**
 * How long a claim holds: longer than any invocation lives that could still be deleting.
 * https://developers.cloudflare.com/workers/platform/limits/
 */
export const CLAIM_SECONDS = 3_600;

/** Statements of D1 that `deleteReplaced` makes at most. */
export const DELETE_STATEMENTS_MAX = PROVEN_MAX + 4;

/**
 * Deletes files that were replaced before `before`, unix seconds, where the file that stands for
 * them now was read whole since and is right; it is read here where nobody did. Row by row: claimed,
 * so that nobody comes to use the object again, then without an object, then gone. Of a file that
 * was found damaged the row alone goes: what its object holds may be nowhere else. Returns how many
 * rows went. Throws StorageUnavailableError.
 */
export async function deleteReplaced(context: ArchiverContext, before: number): Promise<number> {
  const { db, bucket } = context;
  const at = shownSeconds(context);
  await releaseClaims(db, at - CLAIM_SECONDS);
  await proveCurrent(context, before);
  const files = await claimReplaced(db, { before, at, limit: DELETED_MAX });
  if (files.length === 0) {
    return 0;
  }
  const keys = files.filter(({ damage }) => damage === null).map(({ key }) => key);
  try {
    await bucket.delete(keys);
  } catch (cause) {
    throw new StorageUnavailableError(
      `R2 did not delete ${keys.length} replaced files: ${String(cause)}`,
      { cause },
    );
  }
  await forgetDeleting(db, files);
  return files.length;
}

/** Reads current files that stand for replaced ones and were not read since. */
async function proveCurrent(context: ArchiverContext, before: number): Promise<void> {
  let bytes = 0;
  for (const file of await listUnproven(context.db, before, PROVEN_MAX)) {
    if (bytes >= PROVEN_BYTES_MAX) {
      break;
    }
    await inspectAndRecord(context, file);
    bytes += file.bytes;
  }
}
