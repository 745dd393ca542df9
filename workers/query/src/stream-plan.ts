import { WINDOW_FILES_MAX, type TimeRange } from "@candlehouse/shared/core/cold-plan";
import { InvalidInputError } from "@candlehouse/shared/core/errors";
import type { Series } from "@candlehouse/shared/core/series";
import { countCandles } from "@candlehouse/shared/core/timeframe";
import type { RangeBounds } from "@candlehouse/shared/d1/read-candles";

/** Most hot candles that a stream holds: some 6 MB as rows. */
export const STREAM_HOT_ROWS = 20_000;

/** A Worker may make so many queries in one request; a few are left for what is not counted here. */
// https://developers.cloudflare.com/d1/platform/limits/
const QUERIES_MAX = 1_000;
const QUERIES_RESERVED = 50;

/** Each look takes two: hot candles, and files. */
const QUERIES_A_WINDOW = 2;

/** What is to be streamed of a series. */
export interface SeriesRange {
  readonly series: Series;
  readonly range: TimeRange;
}

/**
 * Where each of `series` has candles within `range`, by its `bounds`; those that have none are left
 * out. Throws InvalidInputError where to read them takes more queries than a request may make.
 */
export function planStream(
  series: readonly Series[],
  range: TimeRange,
  bounds: readonly RangeBounds[],
): SeriesRange[] {
  let queries = series.length + QUERIES_RESERVED;
  const planned = series.flatMap((one, index): SeriesRange[] => {
    const there = bounds[index];
    const first = [there?.oldestHot, there?.firstCold].flatMap((time) => time ?? []);
    const last = [there?.newestHot, there?.lastCold].flatMap((time) => time ?? []);
    if (there === undefined || first.length === 0) {
      return [];
    }
    queries += QUERIES_A_WINDOW * windowsMost(one, there);
    return [
      {
        series: one,
        range: {
          from: Math.max(range.from, Math.min(...first)),
          to: Math.min(range.to, Math.max(...last) + 1),
        },
      },
    ];
  });
  if (queries > QUERIES_MAX) {
    throw new InvalidInputError(
      "start",
      range.from,
      `this takes up to ${queries} queries of the database, while one request may make ${QUERIES_MAX}: ask for fewer series or for a shorter range at once, or give a limit and follow the cursors`,
    );
  }
  return planned;
}

function windowsMost({ timeframe }: Series, { oldestHot, newestHot, files }: RangeBounds): number {
  const hot =
    oldestHot === null || newestHot === null
      ? 0
      : countCandles(oldestHot, newestHot + 1, timeframe);
  return 1 + Math.ceil(hot / STREAM_HOT_ROWS) + Math.ceil(files / WINDOW_FILES_MAX);
}
