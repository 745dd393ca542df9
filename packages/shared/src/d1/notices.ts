import type { Notice } from "../core/notice.ts";
import type { ChannelState } from "../core/notice-plan.ts";
import { throwStorageError } from "./d1-error.ts";

/** The number after which the next notice comes: all that are there, and all that channels got to. */
const LAST_SEQUENCE = `max(coalesce((SELECT max(sequence) FROM alert_notices), 0),
  coalesce((SELECT max(delivered) FROM notice_channels), 0))`;

/** Of the rows of a statement, by `order`. */
function nextSequence(order: string): string {
  return `${LAST_SEQUENCE} + row_number() OVER (ORDER BY ${order})`;
}

/**
 * Notices are written by statements, so that they are part of the transaction that changes the alerts.
 * `alerts` is JSON: [[id, kind, severity, subject, message], …].
 */
const NOTICE_RAISED = `
INSERT INTO alert_notices
  (sequence, alert, kind, severity, subject, message, change, raised_at, at)
SELECT ${nextSequence("key")}, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, 'raised', ?2, ?2
FROM json_each(?1)
WHERE NOT EXISTS (SELECT 1 FROM alerts WHERE id = value ->> 0 AND state = 'firing')`;

const NOTICE_SEVERITY = `
INSERT INTO alert_notices
  (sequence, alert, kind, severity, severity_before, subject, message, change, raised_at, at)
SELECT ${nextSequence("j.key")}, a.id, a.kind, j.value ->> 2, a.severity, a.subject, j.value ->> 4,
  iif(j.value ->> 2 = 'critical', 'escalated', 'eased'), a.raised_at, ?2
FROM json_each(?1) AS j
JOIN alerts AS a ON a.id = j.value ->> 0
WHERE a.state = 'firing' AND a.severity <> j.value ->> 2`;

const NOTICE_RESOLVED = `
INSERT INTO alert_notices
  (sequence, alert, kind, severity, severity_before, subject, message, change, raised_at, at)
SELECT ${nextSequence("id")}, id, kind, severity, severity, subject, message, 'resolved', raised_at, ?2
FROM alerts WHERE id IN (SELECT value FROM json_each(?1)) AND state = 'firing'`;

/** The statement that adds a notice for each of `alerts` that does not fire. */
export function noticeOfRaised(
  db: D1Database,
  alerts: string,
  nowSeconds: number,
): D1PreparedStatement {
  return db.prepare(NOTICE_RAISED).bind(alerts, nowSeconds);
}

/** The statement that adds a notice for each of `alerts` that fires with another severity. */
export function noticeOfSeverity(
  db: D1Database,
  alerts: string,
  nowSeconds: number,
): D1PreparedStatement {
  return db.prepare(NOTICE_SEVERITY).bind(alerts, nowSeconds);
}

/** The statement that adds a notice for each of the alerts `ids`, JSON of ids, that fires. */
export function noticeOfResolved(
  db: D1Database,
  ids: string,
  nowSeconds: number,
): D1PreparedStatement {
  return db.prepare(NOTICE_RESOLVED).bind(ids, nowSeconds);
}

const SELECT_CHANNELS = `
SELECT channel, delivered, delivered_at AS deliveredAt, attempts, failing_since AS failingSince,
  next_at AS nextAt, last_error AS lastError, given_up AS givenUp, given_up_at AS givenUpAt
FROM notice_channels WHERE channel IN (SELECT value FROM json_each(?1)) ORDER BY channel`;

/** A channel that is new is told of what comes from now on. */
const ADD_CHANNELS = `
INSERT OR IGNORE INTO notice_channels (channel, delivered)
SELECT value, ${LAST_SEQUENCE}
FROM json_each(?1)`;

/**
 * How far each of the channels `names` got. Those that are new begin with what comes after now: only
 * these are written. Throws StorageUnavailableError.
 */
export async function openChannels(
  db: D1Database,
  names: readonly string[],
): Promise<readonly ChannelState[]> {
  if (names.length === 0) {
    return [];
  }
  const json = JSON.stringify(names);
  const read = db.prepare(SELECT_CHANNELS).bind(json);
  const { results } = await read.all<ChannelState>().catch(throwStorageError);
  if (results.length === names.length) {
    return results;
  }
  const [, all] = await db
    .batch<ChannelState>([db.prepare(ADD_CHANNELS).bind(json), read])
    .catch(throwStorageError);
  return all?.results ?? [];
}

/** Notices that a message tells at most, the oldest first: the next check goes on. */
const NOTICES_MAX = 500;

const SELECT_NOTICES = `
SELECT sequence, alert, kind, subject, change, severity, severity_before AS severityBefore, message,
  raised_at AS raisedAt, at
FROM alert_notices WHERE sequence > ?1 ORDER BY sequence LIMIT ${NOTICES_MAX}`;

/** Notices after the one of `sequence`, ascending. Throws StorageUnavailableError. */
export async function readNotices(db: D1Database, sequence: number): Promise<readonly Notice[]> {
  const { results } = await db
    .prepare(SELECT_NOTICES)
    .bind(sequence)
    .all<Notice>()
    .catch(throwStorageError);
  return results;
}

/** `delivered` never goes back: of two checks at once the one that got further counts. */
const UPDATE_CHANNELS = `
UPDATE notice_channels SET
  delivered = max(delivered, j.value ->> 1), delivered_at = j.value ->> 2, attempts = j.value ->> 3,
  failing_since = j.value ->> 4, next_at = j.value ->> 5, last_error = j.value ->> 6,
  given_up = j.value ->> 7, given_up_at = j.value ->> 8
FROM json_each(?1) AS j WHERE channel = j.value ->> 0`;

/** Records how far channels got: a billed row each. Throws StorageUnavailableError. */
export async function recordChannels(
  db: D1Database,
  states: readonly ChannelState[],
): Promise<void> {
  if (states.length === 0) {
    return;
  }
  const rows = states.map((one) => [
    one.channel,
    one.delivered,
    one.deliveredAt,
    one.attempts,
    one.failingSince,
    one.nextAt,
    one.lastError,
    one.givenUp,
    one.givenUpAt,
  ]);
  await db.prepare(UPDATE_CHANNELS).bind(JSON.stringify(rows)).run().catch(throwStorageError);
}

const DELETE_NOTICES = `DELETE FROM alert_notices WHERE at < ?1`;
const DELETE_CHANNELS = `
DELETE FROM notice_channels WHERE channel NOT IN (SELECT value FROM json_each(?1))`;

/**
 * Deletes notices from before `beforeSeconds`, unix seconds, and, where they are known, channels that
 * are none of `names`. Throws StorageUnavailableError.
 */
export async function cleanUpNotices(
  db: D1Database,
  beforeSeconds: number,
  names: readonly string[] | undefined,
): Promise<void> {
  await db
    .batch([
      db.prepare(DELETE_NOTICES).bind(beforeSeconds),
      ...(names === undefined ? [] : [db.prepare(DELETE_CHANNELS).bind(JSON.stringify(names))]),
    ])
    .catch(throwStorageError);
}
