import type { GapRecord } from "./day-coverage.ts";
import { writePlace, type CoveragePlace } from "./coverage-place.ts";

/** The coverage view at `place`. */
export function coverageLink(place: CoveragePlace): string {
  const search = writePlace(place).toString();
  return search === "" ? "/coverage" : `/coverage?${search}`;
}

/** Candles on either side of a gap that a chart shows with it, as a share of its length. */
const MARGIN = 0.5;
/** So that a gap of a minute is seen among some hours. Seconds. */
const MARGIN_SECONDS_MIN = 3_600;

/** The chart of a series from `start` to `end`, unix seconds. */
export function chartLink(series: string, { start, end }: Range): string {
  return `/?${new URLSearchParams({ series, start: String(start), end: String(end) }).toString()}`;
}

/** The chart at a gap, with what is around it. */
export function chartLinkOf({ series, start, end }: GapRecord): string {
  const margin = Math.round(Math.max(MARGIN_SECONDS_MIN, (end - start) * MARGIN));
  return chartLink(series, { start: start - margin, end: end + margin });
}

/** The form for a backfill of a series from `start` to `end`. */
export function backfillLink(series: string, { start, end }: Range): string {
  const search = new URLSearchParams({
    start: "backfill",
    series,
    from: String(start),
    to: String(end),
  });
  return `/jobs?${search.toString()}`;
}

interface Range {
  readonly start: number;
  readonly end: number;
}
