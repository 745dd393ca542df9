import type { BackfillJob, BackfillProgress, FinalState } from "../core/backfill-job.ts";
import type { Run } from "../core/missing.ts";
import type { Series } from "../core/series.ts";
import { recordAsksStatement, type Ask } from "./asked-ranges.ts";
import { throwStorageError } from "./d1-error.ts";
import { allDatabases, ownerOf } from "./databases.ts";

/**
 * Makes `instance` the one that works on `job`, unless another one took its place or it is no more
 * to be worked on; `stalled` says that the one before ended without any progress. Returns whether it
 * did. Throws StorageUnavailableError.
 */
export async function claimBackfill(
  db: D1Database,
  job: BackfillJob,
  { instance, stalled }: { readonly instance: string; readonly stalled: boolean },
  realNowMs: number,
): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `UPDATE jobs SET instance = ?1, progress = ?2
      WHERE id = ?3 AND instance IS ?4 AND state IN ('queued', 'running')`,
    )
    .bind(
      instance,
      JSON.stringify({
        ...job.progress,
        instances: job.progress.instances + 1,
        stalls: job.progress.stalls + (stalled ? 1 : 0),
        // What was waited for may have been lost with the instance before.
        polls: 0,
        beatMs: realNowMs,
      } satisfies BackfillProgress),
      job.id,
      job.instance,
    )
    .run()
    .catch(throwStorageError);
  return meta.changes === 1;
}

/** What a step did. Times are unix seconds. */
export interface BackfillStep {
  readonly progress: BackfillProgress;
  /** What the source was asked and answered, by series. */
  readonly asks: readonly { readonly series: Series; readonly asks: readonly Ask[] }[];
  /** Ranges that were asked for: older records that lie within them count no more. */
  readonly asked: readonly { readonly series: Series; readonly range: Run }[];
  /** How the job ends with it; null where it goes on. */
  readonly end: { readonly state: FinalState; readonly message: string } | null;
  readonly at: number;
}

const FORGET_SQL = `
DELETE FROM asked_ranges
WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3 AND start >= ?4 AND "end" <= ?5`;

const SAVE_SQL = `
UPDATE jobs SET state = ?3, progress = ?4, message = ?5, started_at = COALESCE(started_at, ?6),
  updated_at = ?6, finished_at = ?7
WHERE id = ?1 AND instance IS ?2 AND state IN ('queued', 'running')`;

/**
 * Records a step in one transaction: what was asked, and how far the job is. The job's row is left
 * alone where another instance works on it by now, or nobody is to; what was asked is true anyway.
 * Returns whether the row was changed. Throws StorageUnavailableError.
 *
 * Of several databases, the first has the job and another may have the series: what was asked is
 * recorded before how far the job is. Where it ends between the two, the step is taken again, and
 * what it asks then takes the place of what it asked before.
 */
export async function saveStep(
  db: D1Database,
  job: Pick<BackfillJob, "id" | "instance">,
  { progress, asks, asked, end, at }: BackfillStep,
): Promise<boolean> {
  const [first = db, ...others] = allDatabases(db);
  const recordIn = (one: D1Database): D1PreparedStatement[] => [
    ...asked
      .filter(({ series }) => ownerOf(db, series) === one)
      .map(({ series, range }) =>
        one
          .prepare(FORGET_SQL)
          .bind(series.source, series.symbol, series.timeframe, range.start, range.end),
      ),
    ...asks
      .filter(({ series }) => ownerOf(db, series) === one)
      .map(({ series, asks: some }) => recordAsksStatement(one, series, some)),
  ];
  for (const other of others) {
    const records = recordIn(other);
    if (records.length > 0) {
      await other.batch(records).catch(throwStorageError);
    }
  }
  const statements = [
    ...recordIn(first),
    first
      .prepare(SAVE_SQL)
      .bind(
        job.id,
        job.instance,
        end?.state ?? "running",
        JSON.stringify(progress),
        end?.message ?? null,
        at,
        end === null ? null : at,
      ),
  ];
  const results = await first.batch(statements).catch(throwStorageError);
  return results.at(-1)?.meta.changes === 1;
}

/** The states from which a person moves a job to another. */
const MOVES = {
  paused: "('queued', 'running')",
  queued: "('paused')",
  cancelled: "('queued', 'running', 'paused')",
} as const;

/**
 * Pauses, resumes or cancels `job`, where its state allows that; what works on it ends with its
 * present step. Returns whether it did. Throws StorageUnavailableError.
 */
export async function moveBackfill(
  db: D1Database,
  id: string,
  state: keyof typeof MOVES,
  message: string | null,
  at: number,
): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `UPDATE jobs SET state = ?2, message = ?3, updated_at = ?4, instance = NULL,
        finished_at = CASE WHEN ?2 = 'cancelled' THEN ?4 END
      WHERE id = ?1 AND kind = 'backfill' AND state IN ${MOVES[state]}`,
    )
    .bind(id, state, message, at)
    .run()
    .catch(throwStorageError);
  return meta.changes === 1;
}

/** Ends an open job from outside. */
export async function endBackfill(
  db: D1Database,
  { id, instance }: Pick<BackfillJob, "id" | "instance">,
  state: FinalState,
  message: string,
  at: number,
): Promise<void> {
  await db
    .prepare(
      `UPDATE jobs SET state = ?3, message = ?4, updated_at = ?5, finished_at = ?5
      WHERE id = ?1 AND instance IS ?2 AND state IN ('queued', 'running')`,
    )
    .bind(id, instance, state, message, at)
    .run()
    .catch(throwStorageError);
}
