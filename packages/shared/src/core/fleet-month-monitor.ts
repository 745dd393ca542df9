import type { LedgerCounts } from "./ledger.ts";
import { planLooks, planMonitor, type Look, type MonitorTask } from "./monitor-plan.ts";
import { timeframeSeconds, type Timeframe } from "./timeframe.ts";

const HOUR_SECONDS = 3_600;

/** Series that a page of a scan gets through: seven statements each, of 700. */
const SERIES_A_PAGE = 100;

/** A series as the monitor tells it from others. */
export interface WatchedSeries {
  readonly source: string;
  readonly timeframe: Timeframe;
  readonly tier: number;
}

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
  /** How many series each tier has of each timeframe: see `groupOf`. */
  readonly groups: ReadonlyMap<string, number>;
  /** Rows of the ledger of the running month. */
  readonly ledgerRows: number;
}

/** What there is to be looked at of `fleet`, beside what `others` say. */
export function watchedOf(
  fleet: readonly WatchedSeries[],
  others: Pick<Watched, "files" | "ledgerRows">,
): Watched {
  const groups = Map.groupBy(fleet, ({ tier, timeframe }) => groupOf(tier, timeframe));
  return {
    series: fleet.length,
    short: fleet.filter(({ timeframe }) => timeframeSeconds(timeframe) < HOUR_SECONDS).length,
    sources: new Set(fleet.map(({ source }) => source)).size,
    groups: new Map([...groups].map(([group, list]) => [group, list.length])),
    ...others,
  };
}

function groupOf(tier: number, timeframe: Timeframe): string {
  return `${tier} ${timeframe}`;
}

/** Rows that a look reads, by the tables that it goes through; the others find little where nothing is wrong. */
function rowsReadBy(look: Look, { series, files, ledgerRows }: Watched): number {
  const rows: Partial<Record<Look, number>> = {
    collection: 2 * series,
    files,
    verification: files,
    source_errors: 3 * series,
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
 * four rows a series; each day the hot candles of a day are counted, a row a series below an hour,
 * which the archiver deletes again, and how complete each tier is, a row a timeframe. A page of a scan
 * is a run of its own. What scans read is left out: it depends on what they find.
 */
export function hourUnits(watched: Watched, nowSeconds: number): LedgerCounts {
  const tasks = planMonitor(nowSeconds);
  const scanned = tasks.reduce((sum, task) => sum + pagesOf(task, watched), 0);
  const written = tasks.reduce((sum, task) => sum + rowsWrittenBy(task, watched), 0);
  return {
    runs: 1 + scanned,
    requests: 1,
    rows_read: 4 * watched.series,
    rows_written: 1 + scanned + written,
  };
}

function pagesOf(task: MonitorTask, { series, groups }: Watched): number {
  switch (task.kind) {
    case "scan":
      return pages(series);
    case "repair":
      return task.timeframes.reduce(
        (sum, timeframe) => sum + pages(groups.get(groupOf(task.tier, timeframe)) ?? 0),
        0,
      );
    case "freshness":
    case "coverage":
    case "clean_up":
    case "forget_notices":
    case "completeness":
      return 0;
  }
}

/** A scan of no series is a page too. */
function pages(series: number): number {
  return Math.max(1, Math.ceil(series / SERIES_A_PAGE));
}

function rowsWrittenBy({ kind }: MonitorTask, { short, groups }: Watched): number {
  switch (kind) {
    case "coverage":
      return 2 * short;
    case "completeness":
      return groups.size;
    case "freshness":
    case "scan":
    case "repair":
    case "clean_up":
    case "forget_notices":
      return 0;
  }
}

/** Whether the hour's work is due at `nowSeconds`. */
export function isFullHour(nowSeconds: number): boolean {
  return nowSeconds % HOUR_SECONDS === 0;
}
