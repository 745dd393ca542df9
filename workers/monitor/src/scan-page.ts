import { shownSeconds } from "@candlehouse/shared/core/clock";
import { CandlehouseError, type ErrorCode } from "@candlehouse/shared/core/errors";
import { GAP_CLASSES, type GapClass, type GapState } from "@candlehouse/shared/core/gap";
import type { ScanScope } from "@candlehouse/shared/core/scan-ranges";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { scanSeries, type SeriesScan } from "@candlehouse/shared/coverage/scan-series";
import { SiblingReader } from "@candlehouse/shared/coverage/siblings";
import { readSeries, type SeriesFilter } from "@candlehouse/shared/d1/read-series";
import type { MonitorContext } from "./context.ts";
import { counted, isSpent, type Spending } from "./spending.ts";

/** Series that a page lists: more than its budget does for. */
const SERIES_LISTED = 300;

/** What is scanned. */
export interface ScanOrder {
  /** One series, whether it is collected or not; else those that `filter` lets through. */
  readonly series?: Series | undefined;
  readonly filter: SeriesFilter;
  readonly scope: ScanScope;
  /** Exclusive: the series that the page before ended with. */
  readonly after?: Series | undefined;
}

/** A series that could not be scanned, or a gap that could not be repaired. */
export interface SeriesFailure {
  readonly series: string;
  readonly code: ErrorCode | "internal";
  readonly reason: string;
}

/** What a scan of some series found, and did to the records. */
export interface ScanTotals {
  readonly series: number;
  readonly assets: readonly string[];
  readonly detected: number;
  readonly candlesMissing: number;
  readonly candlesFilled: number;
  /** Gaps by state; `filled` are those that were filled since the scan before. */
  readonly gaps: Readonly<Record<GapState, number>>;
  /** Missing candles by class. */
  readonly classes: Readonly<Partial<Record<GapClass, number>>>;
  readonly errors: readonly SeriesFailure[];
}

export interface ScanPage {
  readonly totals: ScanTotals;
  /** Where the next page goes on; null after the last series. */
  readonly next: Series | null;
}

export const NOTHING_SCANNED: ScanTotals = {
  series: 0,
  assets: [],
  detected: 0,
  candlesMissing: 0,
  candlesFilled: 0,
  gaps: { open: 0, filled: 0, unfillable: 0, failed: 0 },
  classes: {},
  errors: [],
};

/**
 * Scans series one after the other, until they are all done or what an invocation may ask of its
 * stores is nearly used up. One that cannot be scanned keeps no other from it.
 */
export async function scanPage(context: MonitorContext, order: ScanOrder): Promise<ScanPage> {
  const nowSeconds = shownSeconds(context);
  const spending: Spending = { statements: 0, reads: 0 };
  const stores = counted(context, spending);
  const siblings = new SiblingReader(stores);
  const { list, more } = await seriesOf(stores.db, order);
  let totals = NOTHING_SCANNED;
  for (const [place, series] of list.entries()) {
    const scan = await scanSeries(stores, siblings, {
      series,
      scope: order.scope,
      nowSeconds,
    }).catch((error: unknown) => failureOf(series, error));
    totals = addTotals(totals, totalsOf(series, scan));
    const isLast = place === list.length - 1 && !more;
    if (!isLast && (isSpent(spending) || place === list.length - 1)) {
      return { totals, next: series };
    }
  }
  return { totals, next: null };
}

async function seriesOf(
  db: D1Database,
  { series, filter, after }: ScanOrder,
): Promise<{ readonly list: readonly Series[]; readonly more: boolean }> {
  if (series !== undefined) {
    return { list: [series], more: false };
  }
  const { rows } = await readSeries(db, filter, { after, limit: SERIES_LISTED });
  const list = rows.map(({ source, symbol, timeframe }) => ({ source, symbol, timeframe }));
  return { list, more: list.length === SERIES_LISTED };
}

/** What kept `series` from being worked on, where it is an error of ours; else throws it on. */
function failureOf(series: Series, error: unknown): SeriesFailure {
  if (!(error instanceof CandlehouseError)) {
    throw error;
  }
  return { series: formatSeries(series), code: error.code, reason: error.message };
}

function totalsOf(series: Series, scan: SeriesScan | SeriesFailure): ScanTotals {
  const [asset = ""] = series.symbol.split("-");
  const one = { ...NOTHING_SCANNED, series: 1, assets: [asset] };
  if ("reason" in scan) {
    return { ...one, errors: [scan] };
  }
  const gaps = { ...NOTHING_SCANNED.gaps, filled: scan.filled };
  const classes: Partial<Record<GapClass, number>> = {};
  for (const { class: name, state, missing } of scan.gaps) {
    gaps[state] += 1;
    classes[name] = (classes[name] ?? 0) + missing;
  }
  return {
    ...one,
    detected: scan.detected,
    candlesMissing: scan.gaps.reduce((sum, { missing }) => sum + missing, 0),
    candlesFilled: scan.candlesFilled,
    gaps,
    classes,
  };
}

/** The sums of both. */
export function addTotals(a: ScanTotals, b: ScanTotals): ScanTotals {
  const classes = { ...a.classes };
  for (const name of GAP_CLASSES.filter((one) => b.classes[one] !== undefined)) {
    classes[name] = (classes[name] ?? 0) + (b.classes[name] ?? 0);
  }
  return {
    series: a.series + b.series,
    assets: [...new Set([...a.assets, ...b.assets])],
    detected: a.detected + b.detected,
    candlesMissing: a.candlesMissing + b.candlesMissing,
    candlesFilled: a.candlesFilled + b.candlesFilled,
    gaps: {
      open: a.gaps.open + b.gaps.open,
      filled: a.gaps.filled + b.gaps.filled,
      unfillable: a.gaps.unfillable + b.gaps.unfillable,
      failed: a.gaps.failed + b.gaps.failed,
    },
    classes,
    errors: [...a.errors, ...b.errors],
  };
}
