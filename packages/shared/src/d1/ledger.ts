import { LEDGER_HOUR_SECONDS } from "../core/ledger-window.ts";
import { LEDGER_COUNTS, type LedgerCount, type LedgerCounts, type Work } from "../core/ledger.ts";

/** The statement, where SQL has `valueOf` a count. */
function addValues(valueOf: (name: LedgerCount) => string): string {
  return `
INSERT INTO cost_ledger (hour, work, ${LEDGER_COUNTS.join(", ")})
VALUES (?, ?, ${LEDGER_COUNTS.map(valueOf).join(", ")})
ON CONFLICT (hour, work) DO UPDATE SET
  ${LEDGER_COUNTS.map((name) => `${name} = ${name} + excluded.${name}`).join(", ")}`;
}

const ADD_TO_LEDGER = addValues(() => "?");

/** What only the end of a transaction knows, reckoned there. */
const AT_THE_END: Partial<Record<LedgerCount, string>> = {
  rows_written: "? + changes()",
  duration_ms: "max(0, CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER) - ?)",
};

const ADD_LAST = addValues((name) => AT_THE_END[name] ?? "?");

/**
 * Adds `counts` to what `work` did in the hour of `nowSeconds`, unix seconds. Writes one row, which
 * belongs to `rows_written` of the counts. It is a statement, so that it can be part of the
 * transaction whose work it tells of.
 */
export function addToLedger(
  db: D1Database,
  work: Work,
  counts: LedgerCounts,
  nowSeconds: number,
): D1PreparedStatement {
  return bindCounts(db.prepare(ADD_TO_LEDGER), work, counts, nowSeconds);
}

/**
 * The same as the last statement of the transaction that does the work, of which nobody can know
 * all before. `rows_written` of `counts` are those of the statements but the one before this, whose
 * rows it adds itself. Of `startedMs`, real unix milliseconds, it reckons `duration_ms` by the
 * database's clock, up to itself: the commit and the way back are not in it.
 */
export function addLastToLedger(
  db: D1Database,
  work: Work,
  counts: Omit<LedgerCounts, "duration_ms">,
  startedMs: number,
  nowSeconds: number,
): D1PreparedStatement {
  const given = { ...counts, duration_ms: startedMs };
  return bindCounts(db.prepare(ADD_LAST), work, given, nowSeconds);
}

function bindCounts(
  statement: D1PreparedStatement,
  work: Work,
  counts: LedgerCounts,
  nowSeconds: number,
): D1PreparedStatement {
  const hour = Math.floor(nowSeconds / LEDGER_HOUR_SECONDS) * LEDGER_HOUR_SECONDS;
  return statement.bind(hour, work, ...LEDGER_COUNTS.map((name) => counts[name] ?? 0));
}
