/** The kinds of work that the ledger tells apart. */
export const WORKS = [
  "collect",
  "trigger",
  "backfill",
  "serve",
  "store",
  "archive",
  "import",
  "monitor",
  "dead_letters",
] as const;
export type Work = (typeof WORKS)[number];

/** What work did and what of it is billed; see migrations/0006_operations.sql for each unit. */
export const LEDGER_COUNTS = [
  "runs",
  "candles",
  "inserted",
  "ignored",
  "revised",
  "retried",
  "dead",
  "requests",
  "queue_operations",
  "rows_read",
  "rows_written",
  "class_a",
  "class_b",
  "steps",
  "object_requests",
  "object_rows_written",
  "duration_ms",
] as const;
export type LedgerCount = (typeof LEDGER_COUNTS)[number];

/** What is added to a row of the ledger; what is left out is 0. */
export type LedgerCounts = Readonly<Partial<Record<LedgerCount, number>>>;

/** One row: what one kind of work did in the hour that begins at `hour`, unix seconds. */
export interface LedgerRow extends Readonly<Record<LedgerCount, number>> {
  readonly hour: number;
  readonly work: Work;
}

/** What a piece of work has counted so far: whatever it does adds to it. */
export type LedgerTally = Record<LedgerCount, number>;

/** A tally of nothing. */
export function newTally(): LedgerTally {
  return {
    runs: 0,
    candles: 0,
    inserted: 0,
    ignored: 0,
    revised: 0,
    retried: 0,
    dead: 0,
    requests: 0,
    queue_operations: 0,
    rows_read: 0,
    rows_written: 0,
    class_a: 0,
    class_b: 0,
    steps: 0,
    object_requests: 0,
    object_rows_written: 0,
    duration_ms: 0,
  };
}

/** Adds `counts` to `tally`. */
export function addToTally(tally: LedgerTally, counts: LedgerCounts): void {
  for (const name of LEDGER_COUNTS) {
    tally[name] += counts[name] ?? 0;
  }
}

/** The sum of `parts`. */
export function sumCounts(parts: readonly LedgerCounts[]): LedgerTally {
  const sum = newTally();
  for (const part of parts) {
    addToTally(sum, part);
  }
  return sum;
}
