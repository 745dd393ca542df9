import { LEDGER_HOUR_SECONDS, type CountedHour } from "../core/ledger-window.ts";
import type { LedgerCount } from "../core/ledger.ts";
import { readLastChange, SELECT_LAST_CHANGE, type LastChange } from "./archive-changes.ts";
import { throwStorageError } from "./d1-error.ts";
import { allDatabases } from "./databases.ts";
import type { D1Cost } from "./read-candles.ts";

/** Hours of storing that are told, the running one beside them. */
const HOURS = 48;

/** What is told of an hour of storing. */
export const HOUR_COUNTS = [
  "runs",
  "candles",
  "inserted",
  "ignored",
  "revised",
  "retried",
  "dead",
  "duration_ms",
] as const satisfies readonly LedgerCount[];

export type HourCounts = Readonly<Record<(typeof HOUR_COUNTS)[number], number>>;
export type StoreHour = CountedHour & HourCounts;

/** What tables say of the pipeline. Times are unix seconds. */
export interface StatsFound extends D1Cost {
  /**
   * What was stored, and what became dead letters, in the last 48 hours, oldest first; hours without
   * either are left out.
   */
  readonly hours: readonly StoreHour[];
  readonly deadLetters: {
    readonly open: number;
    readonly replayed: number;
    readonly discarded: number;
    readonly oldest_open_at: number | null;
  };
  readonly alerts: { readonly firing: number; readonly critical: number };
  readonly jobs: { readonly open_backfills: number; readonly open_imports: number };
  readonly archive: LastChange;
}

/**
 * By the key: all works of 49 hours, of which two are wanted. The consumer stores, and it keeps what
 * comes from the dead-letter queues: that is dead by then, and nothing else of it is storing.
 */
const SELECT_HOURS = `
SELECT hour, ${HOUR_COUNTS.map(sumOfHour).join(", ")} FROM cost_ledger
WHERE hour >= ?1 AND (work = 'store' OR (work = 'dead_letters' AND dead > 0))
GROUP BY hour ORDER BY hour`;

function sumOfHour(name: (typeof HOUR_COUNTS)[number]): string {
  return name === "dead"
    ? "sum(dead) AS dead"
    : `sum(CASE work WHEN 'store' THEN ${name} ELSE 0 END) AS ${name}`;
}

const COUNT_DEAD_LETTERS = `
SELECT coalesce(sum(state = 'open'), 0) AS open, coalesce(sum(state = 'replayed'), 0) AS replayed,
  coalesce(sum(state = 'discarded'), 0) AS discarded,
  min(CASE state WHEN 'open' THEN first_seen END) AS oldest_open_at
FROM dead_letters`;

const COUNT_ALERTS = `
SELECT count(*) AS firing, coalesce(sum(severity = 'critical'), 0) AS critical
FROM alerts WHERE state = 'firing'`;

/** By the index of the jobs that have not ended. */
const COUNT_JOBS = `
SELECT coalesce(sum(kind = 'backfill'), 0) AS open_backfills,
  coalesce(sum(kind = 'import'), 0) AS open_imports
FROM jobs WHERE finished_at IS NULL`;

/** Each of the statements gives its part of such a row. */
type Row = StoreHour &
  StatsFound["deadLetters"] &
  StatsFound["alerts"] &
  StatsFound["jobs"] &
  StatsFound["archive"];

/**
 * What small tables and indexes say of the pipeline at `nowSeconds`, unix seconds, in one call, and of
 * several databases one more each. Throws StorageUnavailableError.
 */
export async function readStats(db: D1Database, nowSeconds: number): Promise<StatsFound> {
  const running = Math.floor(nowSeconds / LEDGER_HOUR_SECONDS) * LEDGER_HOUR_SECONDS;
  const [alone] = allDatabases(db).length === 1 ? [db.prepare(SELECT_LAST_CHANGE)] : [];
  const results = await db
    .batch<Row>([
      db.prepare(SELECT_HOURS).bind(running - HOURS * LEDGER_HOUR_SECONDS),
      db.prepare(COUNT_DEAD_LETTERS),
      db.prepare(COUNT_ALERTS),
      db.prepare(COUNT_JOBS),
      ...(alone === undefined ? [] : [alone]),
    ])
    .catch(throwStorageError);
  const [hours, letters, alerts, jobs, archive] = results;
  const elsewhere = alone === undefined ? await readLastChange(db) : undefined;
  return {
    hours: hours?.results ?? [],
    deadLetters: onlyRow(letters),
    alerts: onlyRow(alerts),
    jobs: onlyRow(jobs),
    archive: elsewhere?.mark ?? onlyRow(archive),
    rowsRead: results.reduce((sum, { meta }) => sum + meta.rows_read, elsewhere?.rowsRead ?? 0),
    durationMs: results.reduce((sum, { meta }) => sum + meta.duration, elsewhere?.durationMs ?? 0),
  };
}

/** The row that an aggregate always has. */
function onlyRow<Found>(result: D1Result<Found> | undefined): Found {
  const [row] = result?.results ?? [];
  if (row === undefined) {
    throw new Error("an aggregate has no row");
  }
  return row;
}
