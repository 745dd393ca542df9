import type { LedgerCounts } from "./ledger.ts";
import { planLooks, planMonitor, type Look } from "./monitor-plan.ts";

const HOUR_SECONDS = 3_600;

/** What there is to be looked at. */
export interface Watched {
  /** Series that are collected. */
  readonly series: number;
  /** Of these, the ones whose candles are shorter than an hour. */
  readonly short: number;
  /** Files of the archive. */
  readonly files: number;
  /** Sources that are collected from. */
  readonly sources: number;
  /** Rows of the ledger of the running month. */
  readonly ledgerRows: number;
}

/** Rows that a look reads, by the tables that it goes through; the others find little where nothing is wrong. */
function rowsReadBy(look: Look, { series, files, ledgerRows }: Watched): number {
  const rows: Partial<Record<Look, number>> = {
    collection: 2 * series,
    files,
    verification: files,
    source_errors: 2 * series,
    costs: ledgerRows,
    hot: 12 * series,
  };
  return rows[look] ?? 1;
}

/** What the monitor is billed for a check at `nowSeconds`, where nothing is wrong. */
export function checkUnits(watched: Watched, nowSeconds: number): LedgerCounts {
  const looks = planLooks(nowSeconds, false);
  return {
    runs: 1,
    requests: 1,
    rows_read: looks.reduce((sum, look) => sum + rowsReadBy(look, watched), 0),
    // Its count in the ledger, and when it looked last; each half hour the marks of each source.
    rows_written: 2 + (nowSeconds % (HOUR_SECONDS / 2) === 0 ? watched.sources : 0),
  };
}

/**
 * What the monitor is billed for the hour of `nowSeconds`, where nothing is missing: freshness reads
 * three rows a series; each day the hot candles of a day are counted, a row a series below an hour,
 * which the archiver deletes again. What scans read is left out: it depends on what they find.
 */
export function hourUnits({ series, short }: Watched, nowSeconds: number): LedgerCounts {
  const tasks = planMonitor(nowSeconds);
  const counts = tasks.some(({ kind }) => kind === "coverage") ? 2 * short : 0;
  return {
    runs: 1,
    requests: 1,
    rows_read: 3 * series,
    rows_written: 1 + counts,
  };
}

/** Whether the hour's work is due at `nowSeconds`. */
export function isFullHour(nowSeconds: number): boolean {
  return nowSeconds % HOUR_SECONDS === 0;
}
