import { newTally, LEDGER_COUNTS, type LedgerCounts, type LedgerTally } from "./ledger.ts";

export const LEDGER_HOUR_SECONDS = 3_600;

/** What was counted in the hour that begins at `hour`, unix seconds. */
export interface CountedHour extends LedgerCounts {
  readonly hour: number;
}

/**
 * What was counted in the `seconds` before `now`, unix seconds: all of the hours that lie in them,
 * the running one with them, and of the hour in which they begin the share that does, as if its work
 * was spread evenly. Rounded to whole numbers.
 */
export function sumSince(hours: readonly CountedHour[], now: number, seconds: number): LedgerTally {
  const since = now - seconds;
  const sum = newTally();
  for (const one of hours) {
    const end = one.hour + LEDGER_HOUR_SECONDS;
    const share = Math.min(1, Math.max(0, (end - since) / LEDGER_HOUR_SECONDS));
    for (const name of LEDGER_COUNTS) {
      sum[name] += (one[name] ?? 0) * share;
    }
  }
  for (const name of LEDGER_COUNTS) {
    sum[name] = Math.round(sum[name]);
  }
  return sum;
}
