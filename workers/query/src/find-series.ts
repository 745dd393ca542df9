import { NotFoundError } from "@candlehouse/shared/core/errors";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { findUnknownSeries, readSeriesNames } from "@candlehouse/shared/d1/read-series";
import leven from "leven";

/** How many known series an error names. */
const SUGGESTIONS_MAX = 3;

/** Most series among which the nearest are looked for. */
const CANDIDATES_MAX = 5_000;

/**
 * Passes where each of `series` is collected or has a candle. Throws NotFoundError that names the
 * first one which has neither, and those known series whose names are nearest to it.
 */
export async function assertKnownSeries(db: D1Database, series: readonly Series[]): Promise<void> {
  if (series.length === 0) {
    return;
  }
  const [unknown] = await findUnknownSeries(db, series);
  if (unknown === undefined) {
    return;
  }
  const name = formatSeries(unknown);
  const known = (await readSeriesNames(db, CANDIDATES_MAX)).map(formatSeries);
  const nearest = nearestNames(name, known);
  throw new NotFoundError(
    nearest.length === 0
      ? `series ${name} is not known here, nor is any other`
      : `series ${name} is not known here; nearest to it: ${nearest.join(", ")}; /v1/series lists all`,
  );
}

/** Up to three of `names` that take the fewest edits to become `name`, the fewest first. */
export function nearestNames(name: string, names: readonly string[]): string[] {
  return names
    .map((candidate) => ({ candidate, distance: leven(name, candidate) }))
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, SUGGESTIONS_MAX)
    .map(({ candidate }) => candidate);
}
