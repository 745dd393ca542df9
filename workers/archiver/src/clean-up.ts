import type { ArchiveFileState } from "@candlehouse/shared/core/archive";
import { ARCHIVE_FOLDERS } from "@candlehouse/shared/core/archive-key";
import { StorageUnavailableError } from "@candlehouse/shared/core/errors";
import { listFilesBetween, listOpenPartitions } from "@candlehouse/shared/d1/archive-inventory";
import { allDatabases } from "@candlehouse/shared/d1/databases";
import { log } from "@candlehouse/shared/log/log";
import { MISSING } from "@candlehouse/shared/r2/read-candle-file";
import { settleObject } from "./clean-up-object.ts";
import { DELETE_STATEMENTS_MAX, deleteReplaced } from "./clean-up-replaced.ts";
import type { ArchiverContext } from "./context.ts";
import { headObject } from "./archive-object.ts";
import { enqueueCompaction } from "./fragments-register.ts";
import { reportDamage } from "./report-damage.ts";

/** What a clean-up did. */
export interface CleanUpOutcome {
  /** Replaced files that are gone from R2 and from the manifest. */
  readonly deleted: number;
  /** Objects that no row named: they are fragments now. */
  readonly adopted: number;
  /** Objects that no row names and that hold no candles of their partition. They are left alone. */
  readonly unreadable: number;
  /** Files of the manifest whose object is gone. */
  readonly missing: number;
  /** Partitions whose fragments waited for longer than they should. */
  readonly enqueued: number;
  /** The key up to which objects were looked at; null where it was all of them. */
  readonly next: string | null;
}

/** How long a fragment may wait for its compaction: queue and retries together take minutes. */
const OPEN_SECONDS_MAX = 3_600;

/** Partitions that one call enqueues again. */
const ENQUEUED_MAX = 1_000;

/** Objects in a page of R2's list. https://developers.cloudflare.com/r2/api/workers/workers-api-reference/ */
const PAGE_OBJECTS = 1_000;

/**
 * Statements of D1 that one call makes; an invocation has 1,000, of which the day's archive run takes
 * some too. https://developers.cloudflare.com/d1/platform/limits/
 */
const STATEMENTS_MAX = 900;

/** Statements that looking at objects may make: one is left for the open partitions. */
const LOOKING_MAX = STATEMENTS_MAX - DELETE_STATEMENTS_MAX - 1;

/** What an object costs that is read: four statements to read a partition's state, three to change it. */
const ADOPTION_STATEMENTS = 7;

/**
 * Brings R2 and the manifest together, at the shown time `nowSeconds`: deletes files that were
 * replaced long enough ago, adopts objects that no row names, reports rows whose object is gone,
 * and sends fragments that nobody compacted to the queue again. Repeatable, and each part of it may
 * stop anywhere.
 *
 * `after` goes on where the call before stopped looking at objects. Throws StorageUnavailableError.
 */
export async function cleanUp(
  context: ArchiverContext,
  nowSeconds: number,
  after = "",
): Promise<CleanUpOutcome> {
  const startedMs = context.realNowMs();
  const deleted = await deleteReplaced(context, nowSeconds - context.deleteAfterSeconds);
  const looked = await lookAtObjects(context, after);
  // Those that were adopted just now are among them.
  const open = await listOpenPartitions(context.db, nowSeconds - OPEN_SECONDS_MAX, ENQUEUED_MAX);
  await enqueueCompaction(context.compaction, open);
  const outcome = { deleted, ...looked, enqueued: open.length };
  log("archive.cleaned", { ...outcome, durationMs: context.realNowMs() - startedMs });
  return outcome;
}

const IN_USE: ReadonlySet<ArchiveFileState> = new Set<ArchiveFileState>(["current", "fragment"]);

type Looked = Pick<CleanUpOutcome, "adopted" | "unreadable" | "missing" | "next">;

/** What has been counted so far; `statements`, of D1, are held against LOOKING_MAX. */
interface Counts {
  adopted: number;
  unreadable: number;
  missing: number;
  statements: number;
}

/** Compares what lies on R2 with the manifest, a page of keys at a time. */
async function lookAtObjects(context: ArchiverContext, after: string): Promise<Looked> {
  const databases = allDatabases(context.db).length;
  // What deletes, and looks for open partitions, makes five statements more in each further one.
  const statements = 5 * (databases - 1);
  const counts: Counts = { adopted: 0, unreadable: 0, missing: 0, statements };
  for (const prefix of Object.values(ARCHIVE_FOLDERS)) {
    // Behind all keys of this folder, before those of the next.
    const end = `${prefix}\u{10ffff}`;
    let from = after > prefix ? after : prefix;
    while (from < end) {
      if (isSpent(counts)) {
        return lookedOf(counts, from);
      }
      const { objects, truncated } = await listPage(context.bucket, prefix, from);
      const to = truncated ? (objects.at(-1)?.key ?? end) : end;
      from = await comparePage(context, { objects, from, to }, counts);
    }
  }
  return lookedOf(counts, null);
}

/** Whether the statements that are left may not do for a page of one object. */
function isSpent({ statements }: Counts): boolean {
  return statements + 1 + ADOPTION_STATEMENTS > LOOKING_MAX;
}

function lookedOf({ adopted, unreadable, missing }: Counts, next: string | null): Looked {
  return { adopted, unreadable, missing, next };
}

interface Page {
  readonly objects: readonly R2Object[];
  /** Key behind which the page begins, and the key with which it ends. */
  readonly from: string;
  readonly to: string;
}

/** Compares a page with the manifest, and returns the key up to which it did. */
async function comparePage(
  context: ArchiverContext,
  { objects, from, to }: Page,
  counts: Counts,
): Promise<string> {
  const files = await listFilesBetween(context.db, from, to);
  counts.statements += allDatabases(context.db).length;
  const named = new Set(files.map(({ key }) => key));
  for (const object of objects.filter(({ key }) => !named.has(key))) {
    const fate = await settleObject(context, object);
    counts.adopted += fate === "adopted" ? 1 : 0;
    counts.unreadable += fate === "unreadable" || fate === "unread" ? 1 : 0;
    counts.statements += fate === "adopted" || fate === "unreadable" ? ADOPTION_STATEMENTS : 0;
    if (isSpent(counts)) {
      return object.key;
    }
  }
  const listed = new Set(objects.map(({ key }) => key));
  const unlisted = files.filter(({ key, state }) => IN_USE.has(state) && !listed.has(key));
  for (const file of unlisted.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
    if (file.damage === MISSING) {
      counts.missing += 1;
    } else if ((await headObject(context.bucket, file.key)) === null) {
      // It is not one that was written after the list was made.
      await reportDamage(context, file, MISSING);
      counts.missing += 1;
      counts.statements += 1;
      if (isSpent(counts)) {
        // Those that are reported by now cost nothing when the page is looked at again.
        return from;
      }
    }
  }
  return to;
}

async function listPage(bucket: R2Bucket, prefix: string, startAfter: string): Promise<R2Objects> {
  try {
    return await bucket.list({ prefix, startAfter, limit: PAGE_OBJECTS });
  } catch (cause) {
    throw new StorageUnavailableError(`R2 did not list ${prefix}: ${String(cause)}`, { cause });
  }
}
