import type { TimeRange } from "../core/cold-plan.ts";
import { ArchiveDamagedError } from "../core/errors.ts";
import { formatSeries, type Series } from "../core/series.ts";

/** Candles that a request asks for lie in a damaged file: which ones, beside what is wrong. */
export class DamagedRangeError extends ArchiveDamagedError {
  readonly series: Series;
  /** The part of what was asked for that cannot be read. */
  readonly range: TimeRange;

  constructor(cause: ArchiveDamagedError, series: Series, range: TimeRange) {
    super(cause.key, cause.damage, { cause });
    this.series = series;
    this.range = range;
    this.message = `candles of ${formatSeries(series)} from ${isoTimeOf(range.from)} to ${isoTimeOf(range.to)} cannot be read: ${cause.message}`;
  }
}

/** `2026-10-01T00:00:00Z` */
export function isoTimeOf(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace(".000Z", "Z");
}
