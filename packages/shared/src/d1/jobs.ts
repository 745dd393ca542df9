import type {
  BackfillJob,
  BackfillProgress,
  BackfillRequest,
  BackfillState,
} from "../core/backfill-job.ts";
import type { SourceId } from "../core/source.ts";
import type { Timeframe } from "../core/timeframe.ts";
import { throwStorageError } from "./d1-error.ts";

interface JobRow {
  readonly id: string;
  readonly batch: string;
  readonly source: SourceId;
  readonly symbol: string | null;
  readonly timeframe: Timeframe;
  readonly state: BackfillState;
  readonly request: string;
  readonly progress: string;
  readonly message: string | null;
  readonly instance: string | null;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly updated_at: number;
  readonly finished_at: number | null;
}

const COLUMNS = `id, batch, source, symbol, timeframe, state, request, progress, message, instance,
  created_at, started_at, updated_at, finished_at`;

const INSERT_SQL = `
INSERT INTO jobs (id, kind, batch, source, symbol, timeframe, state, request, progress, created_at,
  updated_at)
SELECT value ->> 0, 'backfill', value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
  value ->> 6, value ->> 7, value ->> 8, value ->> 8
FROM json_each(?1)`;

/** Records new jobs, all or none. Throws StorageUnavailableError. */
export async function insertBackfills(db: D1Database, jobs: readonly BackfillJob[]): Promise<void> {
  const rows = jobs.map((job) => [
    job.id,
    job.batch,
    job.source,
    job.symbol,
    job.timeframe,
    job.state,
    JSON.stringify(job.request),
    JSON.stringify(job.progress),
    job.createdAt,
  ]);
  await db.prepare(INSERT_SQL).bind(JSON.stringify(rows)).run().catch(throwStorageError);
}

/** The backfill `id`; undefined where there is none. Throws StorageUnavailableError. */
export async function readBackfill(db: D1Database, id: string): Promise<BackfillJob | undefined> {
  const row = await db
    .prepare(`SELECT ${COLUMNS} FROM jobs WHERE id = ?1 AND kind = 'backfill'`)
    .bind(id)
    .first<JobRow>()
    .catch(throwStorageError);
  return row === null ? undefined : jobOf(row);
}

/** The jobs of the batch `id`, or the one job of that id, in the order of the request. */
export async function readBackfills(db: D1Database, id: string): Promise<BackfillJob[]> {
  return readRows(
    db,
    `SELECT ${COLUMNS} FROM jobs WHERE kind = 'backfill' AND (id = ?1 OR batch = ?1)
    ORDER BY created_at, source, symbol, timeframe, id`,
    id,
  );
}

/** Every backfill that has not ended and is not paused, the oldest first. */
export function listOpenBackfills(db: D1Database): Promise<BackfillJob[]> {
  return readRows(
    db,
    `SELECT ${COLUMNS} FROM jobs
    WHERE kind = 'backfill' AND finished_at IS NULL AND state IN ('queued', 'running')
    ORDER BY created_at, id`,
  );
}

/** Backfills of `source` that have not ended, the oldest first: the paused ones too. */
export function listUnfinished(db: D1Database, source: SourceId): Promise<BackfillJob[]> {
  return readRows(
    db,
    `SELECT ${COLUMNS} FROM jobs
    WHERE kind = 'backfill' AND finished_at IS NULL AND source = ?1
    ORDER BY created_at, id`,
    source,
  );
}

/** Which backfills are listed; a member that is undefined excludes none. */
export interface BackfillFilter {
  readonly state?: BackfillState | undefined;
  readonly source?: SourceId | undefined;
}

/** Up to `limit` backfills, newest first, behind the one that `after` names. */
export function listBackfills(
  db: D1Database,
  { state, source }: BackfillFilter,
  after: { readonly createdAt: number; readonly id: string } | undefined,
  limit: number,
): Promise<BackfillJob[]> {
  return readRows(
    db,
    `SELECT ${COLUMNS} FROM jobs
    WHERE kind = 'backfill' AND (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR source = ?2)
      AND (?3 IS NULL OR (created_at, id) < (?3, ?4))
    ORDER BY created_at DESC, id DESC LIMIT ?5`,
    state ?? null,
    source ?? null,
    after?.createdAt ?? null,
    after?.id ?? null,
    limit,
  );
}

async function readRows(
  db: D1Database,
  sql: string,
  ...values: readonly (string | number | null)[]
): Promise<BackfillJob[]> {
  const { results } = await db
    .prepare(sql)
    .bind(...values)
    .all<JobRow>()
    .catch(throwStorageError);
  return results.map(jobOf);
}

function jobOf(row: JobRow): BackfillJob {
  const request: BackfillRequest = JSON.parse(row.request);
  const progress: BackfillProgress = JSON.parse(row.progress);
  return {
    id: row.id,
    batch: row.batch,
    source: row.source,
    symbol: row.symbol,
    timeframe: row.timeframe,
    state: row.state,
    request,
    progress,
    message: row.message,
    instance: row.instance,
    createdAt: row.created_at,
    startedAt: row.started_at,
    updatedAt: row.updated_at,
    finishedAt: row.finished_at,
  };
}
