import type { AuditRow, AuditStart } from "../core/access-audit.ts";
import { throwStorageError } from "./d1-error.ts";

/** Which orders are listed. */
export interface AuditFilter {
  /** As `callerId` has it. */
  readonly caller?: string | undefined;
  /** Unix seconds, inclusive. */
  readonly since?: number | undefined;
}

/** The last order of a page: the newest comes first. */
export interface AuditPosition {
  readonly at: number;
  readonly id: string;
}

/**
 * Records an order that is about to be carried out; returns the rows that were written. Throws what
 * `storageErrorOf` says.
 */
export async function beginAudit(db: D1Database, order: AuditStart): Promise<number> {
  const { at, id, caller, name, method, path, detail } = order;
  const { meta } = await db
    .prepare(
      `INSERT INTO audit_log (at, id, caller, name, method, path, detail)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)`,
    )
    .bind(at, id, caller, name, method, path, detail)
    .run()
    .catch(throwStorageError);
  return meta.rows_written;
}

/** Adds what came of an order; returns the rows that were written. Throws what `storageErrorOf` says. */
export async function endAudit(
  db: D1Database,
  { at, id }: AuditPosition,
  { status, durationMs }: { readonly status: number; readonly durationMs: number },
): Promise<number> {
  const { meta } = await db
    .prepare("UPDATE audit_log SET status = ?3, duration_ms = ?4 WHERE at = ?1 AND id = ?2")
    .bind(at, id, status, durationMs)
    .run()
    .catch(throwStorageError);
  return meta.rows_written;
}

/**
 * Up to `limit` orders after `after`, the newest first. A row read each; those of other callers are
 * read too. Throws StorageUnavailableError.
 */
export async function listAudit(
  db: D1Database,
  { caller, since }: AuditFilter,
  after: AuditPosition | undefined,
  limit: number,
): Promise<readonly AuditRow[]> {
  const { results } = await db
    .prepare(
      `SELECT at, id, caller, name, method, path, detail, status, duration_ms FROM audit_log
       WHERE at >= ?1 AND (?2 IS NULL OR caller = ?2) AND (?3 IS NULL OR (at, id) < (?3, ?4))
       ORDER BY at DESC, id DESC LIMIT ?5`,
    )
    .bind(since ?? 0, caller ?? null, after?.at ?? null, after?.id ?? null, limit)
    .all<AuditRow>()
    .catch(throwStorageError);
  return results;
}
