import type { TierCompleteness } from "../core/alert-quality-rules.ts";
import { throwStorageError } from "./d1-error.ts";
import { read } from "./read-series.ts";

/** What the monitor notes of its own work, for its alerts and for who looks from outside. */

/** The last check. */
export interface LastCheck {
  /** Unix seconds: the minute of which the cron was. */
  readonly at: number;
  /** What could not be looked at. */
  readonly failedLooks: number;
}

const RECORD_CHECK = `
INSERT INTO monitor_checks (id, at, failed_looks) VALUES (1, ?1, ?2)
ON CONFLICT (id) DO UPDATE SET at = excluded.at, failed_looks = excluded.failed_looks
WHERE excluded.at >= monitor_checks.at`;

/** Notes that a check has ended: one billed row. Throws StorageUnavailableError. */
export async function recordCheck(db: D1Database, { at, failedLooks }: LastCheck): Promise<void> {
  await db.prepare(RECORD_CHECK).bind(at, failedLooks).run().catch(throwStorageError);
}

export const SELECT_LAST_CHECK = `SELECT at, failed_looks AS failedLooks FROM monitor_checks`;

/** The last check; undefined where there was none. Throws StorageUnavailableError. */
export async function readLastCheck(db: D1Database): Promise<LastCheck | undefined> {
  const { rows } = await read<LastCheck>(db, SELECT_LAST_CHECK, []);
  return rows[0];
}

const DELETE_COMPLETENESS = `DELETE FROM tier_completeness WHERE measured_at < ?1`;

const RECORD_COMPLETENESS = `
INSERT INTO tier_completeness
  (tier, timeframe, measured_at, days, series, expected, held, explained, missing)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
  value ->> 7, value ->> 8
FROM json_each(?1)
WHERE true
ON CONFLICT (tier, timeframe) DO UPDATE SET
  measured_at = excluded.measured_at, days = excluded.days, series = excluded.series,
  expected = excluded.expected, held = excluded.held, explained = excluded.explained,
  missing = excluded.missing`;

/**
 * Puts `rows`, all measured at `measuredAt`, unix seconds, in place of what was measured before: a
 * billed row each. Throws StorageUnavailableError.
 */
export async function recordCompleteness(
  db: D1Database,
  rows: readonly TierCompleteness[],
  measuredAt: number,
): Promise<void> {
  const json = JSON.stringify(
    rows.map((one) => [
      one.tier,
      one.timeframe,
      one.measuredAt,
      one.days,
      one.series,
      one.expected,
      one.held,
      one.explained,
      one.missing,
    ]),
  );
  await db
    .batch([
      db.prepare(RECORD_COMPLETENESS).bind(json),
      db.prepare(DELETE_COMPLETENESS).bind(measuredAt),
    ])
    .catch(throwStorageError);
}

export const SELECT_COMPLETENESS = `
SELECT tier, timeframe, measured_at AS measuredAt, days, series, expected, held, explained, missing
FROM tier_completeness ORDER BY tier, timeframe`;

/** What was measured last, by tier and timeframe. Throws StorageUnavailableError. */
export async function readCompleteness(db: D1Database): Promise<readonly TierCompleteness[]> {
  const { results } = await db
    .prepare(SELECT_COMPLETENESS)
    .all<TierCompleteness>()
    .catch(throwStorageError);
  return results;
}
