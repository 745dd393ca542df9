import { log } from "@candlehouse/shared/log/log";
import type { RepairOutcome } from "./repair-gaps.ts";
import type { ScanTotals, SeriesFailure } from "./scan-page.ts";

/** Tells the log what a scan found. */
export function logScan(totals: ScanTotals, durationMs: number): void {
  log("gaps.scanned", { ...scanCounts(totals), ...errorsOf(totals.errors), durationMs });
}

/** Tells the log what a repair began; `tier` is null where it was asked for by hand. */
export function logRepair(
  tier: number | null,
  totals: ScanTotals,
  { gaps, candles, backfills, errors }: RepairOutcome,
  durationMs: number,
): void {
  log("gaps.repaired", {
    tier,
    ...scanCounts(totals),
    gaps,
    candles,
    backfills: backfills.length,
    ...errorsOf([...totals.errors, ...errors]),
    durationMs,
  });
}

function scanCounts({ series, assets, detected, gaps, ...rest }: ScanTotals) {
  const { candlesMissing, candlesFilled } = rest;
  return { series, assets: assets.length, detected, ...gaps, candlesMissing, candlesFilled };
}

function errorsOf(errors: readonly SeriesFailure[]) {
  const [first] = errors;
  return {
    errors: errors.length,
    code: first?.code ?? null,
    reason: first === undefined ? null : `${first.series}: ${first.reason}`,
  };
}
