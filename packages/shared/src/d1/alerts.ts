import type { AlertPlan } from "../core/alert-plan.ts";
import {
  alertId,
  type AlertSeverity,
  type AlertState,
  type FiringAlert,
  type FoundAlert,
} from "../core/alert.ts";
import { throwStorageError } from "./d1-error.ts";
import { noticeOfRaised, noticeOfResolved, noticeOfSeverity } from "./notices.ts";

/** An alert as it is recorded. Times are unix seconds. */
export interface AlertRow {
  readonly id: string;
  readonly kind: string;
  readonly severity: AlertSeverity;
  readonly subject: string | null;
  readonly message: string;
  readonly state: AlertState;
  readonly raised_at: number;
  /** When it was found last; of one that fires, up to an hour late. */
  readonly seen_at: number;
  /** Since when it is not found; of one that fires, null while it is found. */
  readonly resolved_at: number | null;
  readonly raised_count: number;
}

/** Longest message that is kept, in characters. */
const MESSAGE_LENGTH_MAX = 1_000;

/** What fires comes first, then what is critical, then what was raised last. */
const SELECT_ALERTS = `
SELECT id, kind, severity, subject, message, state, raised_at, seen_at, resolved_at, raised_count
FROM alerts WHERE ?1 IS NULL OR state = ?1
ORDER BY state = 'firing' DESC, severity = 'critical' DESC, raised_at DESC, id LIMIT ?2`;

const SELECT_FIRING = `
SELECT id, kind, severity, subject, message, raised_at AS raisedAt, seen_at AS seenAt,
  resolved_at AS absentSince
FROM alerts WHERE state = 'firing'`;

/** Of two checks at once, the first raises. */
const RAISE = `
INSERT INTO alerts (id, kind, severity, subject, message, state, raised_at, seen_at)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, 'firing', ?2, ?2
FROM json_each(?1)
WHERE true
ON CONFLICT (id) DO UPDATE SET
  severity = excluded.severity, message = excluded.message, state = 'firing',
  raised_at = excluded.raised_at, seen_at = excluded.seen_at, resolved_at = NULL,
  raised_count = raised_count + 1
WHERE state = 'resolved'`;

const TOUCH = `
UPDATE alerts SET severity = j.value ->> 2, message = j.value ->> 4, seen_at = ?2, resolved_at = NULL
FROM json_each(?1) AS j
WHERE alerts.id = j.value ->> 0 AND state = 'firing'`;

/** An alert that fires keeps here since when it is not found. */
const DOUBT = `
UPDATE alerts SET resolved_at = ?2
WHERE id IN (SELECT value FROM json_each(?1)) AND state = 'firing' AND resolved_at IS NULL`;

/** `resolved_at` stays: it was over when it was not found for the first time. */
const RESOLVE = `
UPDATE alerts SET state = 'resolved'
WHERE id IN (SELECT value FROM json_each(?1)) AND state = 'firing'`;

/** Up to `limit` alerts of `state`, or of any. Throws StorageUnavailableError. */
export async function readAlerts(
  db: D1Database,
  state: AlertState | undefined,
  limit: number,
): Promise<readonly AlertRow[]> {
  const { results } = await db
    .prepare(SELECT_ALERTS)
    .bind(state ?? null, limit)
    .all<AlertRow>()
    .catch(throwStorageError);
  return results;
}

/** Every alert that fires. Throws StorageUnavailableError. */
export async function readFiring(db: D1Database): Promise<readonly FiringAlert[]> {
  const { results } = await db.prepare(SELECT_FIRING).all<FiringAlert>().catch(throwStorageError);
  return results;
}

/**
 * Writes what `plan` changes, in one transaction: a billed row for each alert in it, one more for each
 * notice that comes of it, and nothing where nothing is. What is raised, resolved or of another
 * severity becomes a notice, just where the alert's row changes so. Times are unix seconds. Throws
 * StorageUnavailableError.
 */
export async function writeAlerts(
  db: D1Database,
  { raise, touch, doubt, resolve }: AlertPlan,
  nowSeconds: number,
): Promise<void> {
  // Each notice comes before the change: it looks at what the row was.
  const statements = [
    ...(raise.length === 0
      ? []
      : [
          noticeOfRaised(db, jsonOf(raise), nowSeconds),
          db.prepare(RAISE).bind(jsonOf(raise), nowSeconds),
        ]),
    ...(touch.length === 0
      ? []
      : [
          noticeOfSeverity(db, jsonOf(touch), nowSeconds),
          db.prepare(TOUCH).bind(jsonOf(touch), nowSeconds),
        ]),
    ...(doubt.length === 0 ? [] : [db.prepare(DOUBT).bind(idsOf(doubt), nowSeconds)]),
    ...(resolve.length === 0
      ? []
      : [
          noticeOfResolved(db, idsOf(resolve), nowSeconds),
          db.prepare(RESOLVE).bind(idsOf(resolve)),
        ]),
  ];
  if (statements.length > 0) {
    await db.batch(statements).catch(throwStorageError);
  }
}

function jsonOf(alerts: readonly FoundAlert[]): string {
  return JSON.stringify(
    alerts.map((alert) => [
      alertId(alert),
      alert.kind,
      alert.severity,
      alert.subject,
      alert.message.slice(0, MESSAGE_LENGTH_MAX),
    ]),
  );
}

function idsOf(alerts: readonly FiringAlert[]): string {
  return JSON.stringify(alerts.map(({ id }) => id));
}
