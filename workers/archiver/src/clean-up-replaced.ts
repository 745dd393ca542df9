import type { ArchiveFile } from "@candlehouse/shared/core/archive";
import { DELETED_MAX } from "@candlehouse/shared/core/archive-plan";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import { StorageUnavailableError } from "@candlehouse/shared/core/errors";
import {
  claimReplaced,
  forgetDeleting,
  listUnproven,
  releaseClaims,
} from "@candlehouse/shared/d1/archive-claims";
import { allDatabases } from "@candlehouse/shared/d1/databases";
import type { ArchiverContext } from "./context.ts";
import { inspectAndRecord } from "./verify-file.ts";

/**
 * Files that are claimed, deleted and forgotten in one go: what a call of R2 deletes at most.
 * https://developers.cloudflare.com/r2/api/workers/workers-api-reference/
 */
const ROUND_MAX = 1_000;

/** Statements of D1 that rounds may take: two in each database. The first round is always made. */
const ROUND_STATEMENTS_MAX = (2 * DELETED_MAX) / ROUND_MAX;

/** Current files that one call reads again before what they replaced is deleted, and their bytes. */
const PROVEN_MAX = 100;
const PROVEN_BYTES_MAX = 16 * 1_024 * 1_024;

/**
 * How long a claim holds: longer than any invocation lives that could still be deleting.
 * https://developers.cloudflare.com/workers/platform/limits/
 */
export const CLAIM_SECONDS = 3_600;

/** Statements of D1 that `deleteReplaced` makes at most, where there is one database. */
export const DELETE_STATEMENTS_MAX = PROVEN_MAX + 2 + ROUND_STATEMENTS_MAX;

/**
 * Deletes files that were replaced before `before`, unix seconds, the oldest first, where the file
 * that stands for them now was read whole since and is right; it is read here where nobody did. Row by
 * row: claimed, so that nobody comes to use the object again, then without an object, then gone. Of a
 * file that was found damaged the row alone goes: what its object holds may be nowhere else. Goes on
 * until none is left or an invocation has done enough: then the next call goes on. Returns how many
 * rows went. Throws StorageUnavailableError.
 */
export async function deleteReplaced(context: ArchiverContext, before: number): Promise<number> {
  const at = shownSeconds(context);
  const databases = allDatabases(context.db).length;
  await releaseClaims(context.db, at - CLAIM_SECONDS);
  await proveCurrent(context, before);
  let deleted = 0;
  for (let statements = 0; ;) {
    const files = await claimReplaced(context.db, { before, at, limit: ROUND_MAX });
    await deleteClaimed(context, files);
    deleted += files.length;
    statements += 2 * databases;
    // Each database claims its share: where it had no more, there are fewer than all shares.
    const isOver = files.length < Math.floor(ROUND_MAX / databases);
    if (isOver || statements + 2 * databases > ROUND_STATEMENTS_MAX) {
      return deleted;
    }
  }
}

/** Deletes the objects of `files`, which are claimed, and then their rows. */
async function deleteClaimed(
  { db, bucket }: ArchiverContext,
  files: readonly ArchiveFile[],
): Promise<void> {
  const keys = files.filter(({ damage }) => damage === null).map(({ key }) => key);
  try {
    if (keys.length > 0) {
      await bucket.delete(keys);
    }
  } catch (cause) {
    throw new StorageUnavailableError(
      `R2 did not delete ${keys.length} replaced files: ${String(cause)}`,
      { cause },
    );
  }
  await forgetDeleting(db, files);
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
