import type { Month } from "../core/cost.ts";
import { LEDGER_COUNTS, type LedgerCount, type Work } from "../core/ledger.ts";
import { throwStorageError } from "./d1-error.ts";
import { allDatabases } from "./databases.ts";
import type { D1Cost } from "./read-candles.ts";

/** What one kind of work did on a day. */
export interface WorkOfDay extends Readonly<Record<LedgerCount, number>> {
  /** UTC: 2026-11-23. */
  readonly day: string;
  readonly work: Work;
}

/** What a month's ledger says, and what lies in the database now. */
export interface MonthFound extends D1Cost {
  /** By day and work. */
  readonly days: readonly WorkOfDay[];
  /** Bytes of the database, or of all of them. */
  readonly databaseBytes: number;
}

const SUM_MONTH = `
SELECT date(hour, 'unixepoch') AS day, work,
  ${LEDGER_COUNTS.map((name) => `sum(${name}) AS ${name}`).join(", ")}
FROM cost_ledger WHERE hour >= ?1 AND hour < ?2 GROUP BY day, work ORDER BY day, work`;

/**
 * What was done in `month`, day by day: two rows an hour and work are read, one of them of the sums.
 * Throws StorageUnavailableError.
 */
export async function readMonth(db: D1Database, { start, end }: Month): Promise<MonthFound> {
  const { results, meta } = await db
    .prepare(SUM_MONTH)
    .bind(start, end)
    .all<WorkOfDay>()
    .catch(throwStorageError);
  const others = await Promise.all(
    allDatabases(db)
      .slice(1)
      .map((one) => one.prepare("SELECT 1").all().catch(throwStorageError)),
  );
  return {
    days: results,
    databaseBytes: others.reduce((sum, other) => sum + other.meta.size_after, meta.size_after),
    rowsRead: meta.rows_read,
    durationMs: meta.duration,
  };
}
